"""`forecast doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

import click

from pipelines.options.shared import common_options, examples
from pipelines.terminal.console import emit, say
from pipelines.terminal.exits import INPUT_PROBLEM


@click.command(
    short_help="Tell versions, devices, stores, models, problems.",
    epilog=examples("forecast doctor", "forecast doctor --json"),
)
@common_options
def command(as_json: bool) -> None:
    """Tell versions, devices, threads, the home folder, the tracking store, registered and known models.

    Exits with 3 when there is a problem.
    """
    from pipelines.jobs.doctor import examine
    from pipelines.jobs.views import installation_text
    from pipelines.terminal.tables import show_facts

    facts = examine()
    emit(facts, as_json, lambda: show_facts(installation_text(facts)))
    for problem in facts["problems"]:
        say(f"Problem: {problem}")
    if facts["problems"]:
        raise click.exceptions.Exit(INPUT_PROBLEM)
