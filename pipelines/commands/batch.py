"""`forecast batch`: forecast any number of series, resumably."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.bundle import Bundle
from pipelines.options.requests import BatchRequest
from pipelines.options.shared import (
    common_options,
    data_options,
    examples,
    future_option,
    horizon_option,
    level_option,
    model_option,
    skip_code_option,
    skipping,
)
from pipelines.terminal.console import emit


@click.command(
    short_help="Forecast any number of series; resumes by itself.",
    epilog=examples(
        "forecast batch load.parquet --model load@champion --out forecasts",
        "forecast batch 'history/*.parquet' --model load@champion --out forecasts --as-of 2026-01-31T23:00:00",
        "forecast batch sales.parquet --model model --out forecasts --future promotions.parquet",
        "forecast batch postgresql://db/shop --query 'select * from sales' --model model --out forecasts --level 80",
    ),
)
@data_options
@Bundle("request", BatchRequest, [
    model_option,
    click.option("--out", required=True, metavar="FOLDER", help="Forecasts go into FOLDER/run=<id>/."),
    horizon_option,
    level_option,
    click.option("--as-of", metavar="TIME", help="Cut the history after TIME (ISO 8601, or an integer step)."),
    click.option("--max-quarantine", type=click.FloatRange(0, 1), default=0.01, show_default=True,
                 help="Share of series that may be set aside; above it the exit code is 4."),
    click.option("--parts", type=click.IntRange(1), help="Number of parts. [by size]"),
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."),
    future_option,
])  # fmt: skip
@skip_code_option
@common_options
def command(data: DataRequest, request: BatchRequest, skip_code: int | None, as_json: bool) -> None:
    """Forecast the steps after the end of every series of DATA, in parts.

    A series that cannot be forecast (a gap, a time given twice, no values) is set aside with the reason, and only
    that one. The same data, model and options make the same run: called again it goes on where it stopped, and does
    nothing when it is complete. A series that ended before --as-of is forecast from its own end: status ended_early.
    """
    from pipelines.batch.job import run_batch
    from pipelines.files.sources import DataSource
    from pipelines.terminal.tables import show_facts

    with skipping(skip_code):
        result = run_batch(DataSource.open(data), request)
    emit(result, as_json, lambda: show_facts(result))
    if result["was_complete"] and skip_code is not None:
        raise click.exceptions.Exit(skip_code)
