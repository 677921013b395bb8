"""`forecast doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

import click

from pipelines import options
from pipelines.console import emit, say
from pipelines.exits import INPUT_PROBLEM


@click.command(
    short_help="Tell versions, devices, stores, models, problems.",
    epilog=options.examples("forecast doctor", "forecast doctor --json"),
)
@options.common_options
def command(as_json: bool) -> None:
    """Tell versions, devices, threads, the home folder, the tracking store, registered and known models.

    Exits with 3 when there is a problem.
    """
    from pipelines.doctor import examine
    from pipelines.terminal.tables import show_facts
    from pipelines.views import installation_text

    facts = examine()
    emit(facts, as_json, lambda: show_facts(installation_text(facts)))
    for problem in facts["problems"]:
        say(f"Problem: {problem}")
    if facts["problems"]:
        raise click.exceptions.Exit(INPUT_PROBLEM)
