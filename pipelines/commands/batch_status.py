"""`forecast batch-status`: how far batch runs are."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit


@click.command(short_help="Tell how far batch runs are.", epilog=examples("forecast batch-status forecasts"))
@click.argument("folder")
@common_options
def command(folder: str, as_json: bool) -> None:
    """List the runs in FOLDER, which is the --out of `forecast batch` or one run.

    A run is complete, running, interrupted, or over budget (too many series were set aside).
    """
    from pipelines.batch.run_folder import runs_in, status
    from pipelines.terminal.tables import show_table

    runs = [status(run) for run in runs_in(folder)]
    columns = ("run", "state", "parts_done", "parts", "series_in", "series_forecast", "series_quarantined", "rows_out")
    rows = [[run[name] for name in columns] for run in runs]
    emit({"runs": runs}, as_json, lambda: show_table("Batch runs", columns, rows))
