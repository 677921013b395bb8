"""`forecast batch-verify`: whether batch runs are still what was written."""

from __future__ import annotations

import click

from pipelines import options


@click.command(short_help="Check the files of batch runs.", epilog=options.examples("forecast batch-verify forecasts"))
@click.argument("folder")
@options.common_options
def command(folder: str, as_json: bool) -> None:
    """Check every run in FOLDER: complete, every file as it was written, every series forecast or set aside.

    Exits with 3 when something is wrong.
    """
    from pipelines.batch_state import runs_in, verify
    from pipelines.console import emit
    from pipelines.exits import INPUT_PROBLEM

    found = {str(run.path): verify(run) for run in runs_in(folder)}
    problems = [problem for one in found.values() for problem in one]
    result = {"ok": not problems, "runs": [{"folder": name, "problems": one} for name, one in found.items()]}

    def view() -> None:
        for line in problems or [f"{name}: ok" for name in found]:
            click.echo(line)

    emit(result, as_json, view)
    if problems:
        raise click.exceptions.Exit(INPUT_PROBLEM)
