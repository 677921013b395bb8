"""`forecast experiments`: run an experiment that shows why a forecaster is built as it is."""

from __future__ import annotations

import click

from pipelines import options


@click.command(
    short_help="Run an experiment on how forecasters behave.",
    epilog=options.examples(
        "forecast experiments",
        "forecast experiments sine --quick",
        "forecast experiments gradients --out pictures",
        "forecast experiments family --data load.parquet --horizon 48 --json > family.json",
    ),
)
@click.argument("name", required=False)
@click.option("--out", metavar="FOLDER", help="Write the pictures here. [FORECAST_HOME/experiments/NAME]")
@click.option("--quick", is_flag=True, help="Run a small version, for a first look.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first seed.")
@click.option("--data", metavar="DATA", help="Run on this data, where the experiment can.")
@click.option("--horizon", type=click.IntRange(1), help="Steps ahead, with --data. [24]")
@options.common_options
def command(
    name: str | None, out: str | None, quick: bool, seed: int, data: str | None, horizon: int | None, as_json: bool
) -> None:
    """Run the experiment NAME and print its table; its pictures become PNG files. Without NAME, list them.

    A full run takes minutes, `family` up to half an hour.
    """
    from pipelines.console import emit, show_table
    from pipelines.experimenting import Request, experiment, summaries

    if name is None:
        found = summaries()
        lines = [[one, text] for one, text in found.items()]
        emit({"experiments": found}, as_json, lambda: show_table("Experiments", ["name", "what it shows"], lines))
        return
    done = experiment(Request(name, out, quick, seed, data, horizon))
    emit(done.to_dict(), as_json, done.show)
