"""`forecast promote`: make a registered version the champion."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit


@click.command(
    short_help="Make a version the champion.",
    epilog=examples(
        "forecast promote load 3",
        "forecast promote load challenger",
    ),
)
@click.argument("name")
@click.argument("version")
@common_options
def command(name: str, version: str, as_json: bool) -> None:
    """Move the champion alias of NAME to VERSION (a number, or an alias such as challenger).

    Running services take it over within seconds; `forecast rollback NAME` undoes it.
    """
    from forecasting.store import registry
    from pipelines.jobs.views import version_text

    number = version if version.isdecimal() else registry.lookup(registry.Reference.parse(f"{name}@{version}")).version
    promoted = registry.promote(name, number)
    emit(vars(promoted), as_json, lambda: click.echo(version_text(promoted)))
