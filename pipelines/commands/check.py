"""`forecast check`: audit data, and repair what needs no judgement."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.requests import RepairRequest
from pipelines.options.shared import common_options, data_options, examples, freq_option
from pipelines.options.types import TABLE_FILE, CodeAction
from pipelines.terminal.console import emit
from pipelines.terminal.exits import INPUT_PROBLEM


@click.command(
    short_help="Audit data; repair what needs no judgement.",
    epilog=examples(
        "forecast check sales.csv",
        "forecast check sales.csv --sep ';' --decimal , --time date --target amount",
        "forecast check load.parquet --freq h --fix clean.parquet",
        "forecast check load.parquet --fix clean.parquet --do outliers=missing --plan plan.json",
    ),
)
@data_options
@freq_option
@click.option("--fix", "out", type=TABLE_FILE, help="Write the repaired data here (.parquet or .csv).")
@click.option("--plan", metavar="FILE", help="Carry out this plan; where there is none, write it here.")
@click.option(
    "--do",
    "actions",
    type=CodeAction(),
    multiple=True,
    help="What --fix does about a code, e.g. leading_zeros=drop; may be repeated.",
)
@common_options
def command(
    data: DataRequest,
    freq: str | int | None,
    out: str | None,
    plan: str | None,
    actions: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Check DATA: columns, times, duplicates, gaps, frequency, values. Exits with 3 when there are errors.

    --fix inserts missing timestamps as missing values, averages rows that repeat a time, drops rows without id or
    time and those between two steps of the grid, makes infinite values missing, sorts, and says what it did; it exits
    with 0 when no error is left. No missing value is ever filled in. What it does is a plan, which --plan keeps: the
    same plan and data give the same rows.
    """
    from pipelines.files.sources import DataSource

    if (plan or actions) and not out:
        raise click.UsageError("--plan and --do say what a repair does. Add --fix OUT.")
    frame = DataSource.open(data).raw_frame()

    from pipelines.jobs.check import check_data
    from pipelines.jobs.views import show_check

    result = check_data(frame, freq, RepairRequest(out, plan, actions) if out else None)
    emit(result.to_dict(), as_json, lambda: show_check(result))
    if not result.is_usable:
        raise click.exceptions.Exit(INPUT_PROBLEM)
