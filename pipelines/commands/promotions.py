"""`forecast promotions`: which version was the champion when."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit


@click.command(
    short_help="List which version was the champion when.",
    epilog=examples(
        "forecast promotions load",
    ),
)
@click.argument("name")
@common_options
def command(name: str, as_json: bool) -> None:
    """List the promotions and rollbacks of NAME, the oldest first: what was in production, and since when."""
    from forecasting.store import registry

    promotions = registry.promotions(name)
    lines = [f"{one.since}  {name}/{one.version}" for one in promotions]
    result = {"name": name, "promotions": [vars(one) for one in promotions]}
    emit(result, as_json, lambda: click.echo("\n".join(lines or ["never promoted"])))
