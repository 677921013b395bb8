"""`forecast rollback`: make the former champion the champion again."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit


@click.command(
    short_help="Make the former champion the champion again.",
    epilog=examples(
        "forecast rollback load",
    ),
)
@click.argument("name")
@common_options
def command(name: str, as_json: bool) -> None:
    """Move the champion alias of NAME back to the former champion; the two change places."""
    from forecasting.store import registry
    from pipelines.jobs.views import version_text

    restored = registry.rollback(name)
    emit(vars(restored), as_json, lambda: click.echo(version_text(restored)))
