"""`forecast experiments`: run an experiment that shows why a forecaster is built as it is."""

from __future__ import annotations

import click

from pipelines.options.bundle import Bundle
from pipelines.options.requests import ExperimentRequest
from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit


@click.command(
    short_help="Run an experiment on how forecasters behave.",
    epilog=examples(
        "forecast experiments",
        "forecast experiments sine --quick",
        "forecast experiments gradients --out pictures",
        "forecast experiments family --data load.parquet --horizon 48 --json > family.json",
    ),
)
@click.argument("name", required=False)
@Bundle("request", ExperimentRequest, [
    click.option("--out", metavar="FOLDER", help="Write the pictures here. [FORECAST_HOME/experiments/NAME]"),
    click.option("--quick", is_flag=True, help="Run a small version, for a first look."),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first seed."),
    click.option("--data", metavar="DATA", help="Run on this data, where the experiment can."),
    click.option("--horizon", type=click.IntRange(1), help="Steps ahead, with --data. [24]"),
])  # fmt: skip
@common_options
def command(name: str | None, request: ExperimentRequest, as_json: bool) -> None:
    """Run the experiment NAME and print its table; its pictures become PNG files. Without NAME, list them.

    A full run takes minutes, `family` up to half an hour.
    """
    from pipelines.jobs.experiment import experiment_summaries, run_experiment
    from pipelines.jobs.views import show_experiment
    from pipelines.terminal.tables import show_table

    if name is None:
        summaries = experiment_summaries()
        rows = [*map(list, summaries.items())]
        emit({"experiments": summaries}, as_json, lambda: show_table("Experiments", ["name", "what it shows"], rows))
        return
    done = run_experiment(name, request)
    emit(done.to_dict(), as_json, lambda: show_experiment(done))
