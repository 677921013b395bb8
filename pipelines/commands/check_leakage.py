"""`forecast check-leakage`: change the future, and show that nothing known before it moves."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.bundle import Bundle
from pipelines.options.requests import TaskRequest
from pipelines.options.shared import CHOICES, common_options, data_options, examples
from pipelines.terminal.console import emit
from pipelines.terminal.exits import INPUT_PROBLEM


@click.command(
    short_help="Show that no forecast knows its future.",
    epilog=examples(
        "forecast check-leakage load.parquet --model gru --horizon 24 --set training.steps=100",
        "forecast check-leakage load.parquet --model load@champion",
    ),
)
@data_options
@click.option("--model", required=True, metavar="MODEL", help="Model such as gru:units=64, or a trained one.")
@Bundle("task", TaskRequest.of, [
    click.option("--horizon", type=click.IntRange(1), help="Steps ahead; needed unless the model is trained."),
    *CHOICES,
])  # fmt: skip
@common_options
def command(data: DataRequest, model: str, task: TaskRequest, as_json: bool) -> None:
    """Change every value of DATA after a cutoff (to far numbers, to missing), and compare what is known at the cutoff.

    A trained MODEL (folder, NAME@alias, NAME/version, models:/ URI) answers as it is. Any other is fitted before the
    cutoff, once for every change, and its weights and validation are compared too. Exits with 3 when something moves.
    """
    from pipelines.jobs.check_leakage import check_model_leakage
    from pipelines.jobs.views import show_leakage

    report = check_model_leakage(data, model, task)
    emit(report.to_dict(), as_json, lambda: show_leakage(report))
    if report.leaks:
        raise click.exceptions.Exit(INPUT_PROBLEM)
