"""`forecast batch-verify`: whether batch runs are still what was written."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit
from pipelines.terminal.exits import INPUT_PROBLEM


@click.command(short_help="Check the files of batch runs.", epilog=examples("forecast batch-verify forecasts"))
@click.argument("folder")
@common_options
def command(folder: str, as_json: bool) -> None:
    """Check every run in FOLDER: complete, every file as it was written, every series forecast or set aside.

    Exits with 3 when something is wrong.
    """
    from pipelines.batch.run_folder import runs_in
    from pipelines.batch.verify import problems_of

    runs = {str(run.path): problems_of(run) for run in runs_in(folder)}
    problems = [problem for of_run in runs.values() for problem in of_run]
    result = {"ok": not problems, "runs": [{"folder": name, "problems": of_run} for name, of_run in runs.items()]}
    emit(result, as_json, lambda: click.echo("\n".join(problems or [f"{name}: ok" for name in runs])))
    if problems:
        raise click.exceptions.Exit(INPUT_PROBLEM)
