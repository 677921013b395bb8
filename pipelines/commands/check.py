"""`forecast check`: audit data, and repair what needs no judgement."""

from __future__ import annotations

import click

from pipelines import options


@click.command(
    short_help="Audit data; repair what needs no judgement.",
    epilog=options.examples(
        "forecast check sales.csv",
        "forecast check sales.csv --sep ';' --decimal , --time date --target amount",
        "forecast check load.parquet --freq h --fix clean.parquet",
    ),
)
@options.data_options
@options.freq_option
@click.option("--fix", "fixed", type=options.OutFile(), help="Write the repaired data here (.parquet or .csv).")
@options.common_options
def command(data: options.DataRequest, freq: str | int | None, fixed: str | None, as_json: bool) -> None:
    """Check DATA: columns, times, duplicates, gaps, frequency, values. Exits with 3 when there are errors.

    --fix inserts missing timestamps as missing values, merges duplicates, drops rows without id or time, makes
    infinite values missing, sorts, and says what it did; it exits with 0 when no error is left.
    """
    from pipelines.console import emit
    from pipelines.sources import Source

    frame = Source.open(data).frame(others=fixed is not None)

    from pipelines.checking import check
    from pipelines.exits import INPUT_PROBLEM

    result = check(frame, freq, fixed)
    emit(result.to_dict(), as_json, result.show)
    if not result.is_usable:
        raise click.exceptions.Exit(INPUT_PROBLEM)
