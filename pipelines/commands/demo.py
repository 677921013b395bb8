"""`forecast demo`: the whole story on the shipped data."""

from __future__ import annotations

from typing import Any

import click

from pipelines.options.shared import common_options, examples
from pipelines.options.types import Setting
from pipelines.terminal.console import emit, say


@click.command(
    short_help="The whole story on the shipped data; start here.",
    epilog=examples(
        "forecast demo",
        "forecast demo --once",
        "forecast demo --set training.steps=200",
    ),
)
@click.option("--once", is_flag=True, help="Stop the service after the first answer.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the service. [8000, or a free one]")
@click.option("--set", "training", type=Setting(), multiple=True, help="Training field, e.g. training.steps=200.")
@common_options
def command(once: bool, port: int | None, training: tuple[tuple[str, Any], ...], as_json: bool) -> None:
    """Check two years of hourly traffic, rank seven models on it, train and register the best, forecast, serve.

    Takes a few minutes, needs no network, and writes into FORECAST_HOME only. It ends with a running service and its
    address; Ctrl-C stops it. Running it again adds a version to the registry.
    """
    from pipelines.jobs.demo import NAME, ask_service, say_step, tell_story
    from pipelines.jobs.service import DEFAULT_HOST, DEFAULT_PORT, free_port, running
    from pipelines.jobs.views import next_steps_text, show_answer, show_leaderboard

    story = tell_story(training)
    if not as_json:
        show_leaderboard(story.trained.contest.entries)
    preferred = port or DEFAULT_PORT
    chosen = free_port(DEFAULT_HOST, preferred)
    if chosen != preferred:
        say(f"Port {preferred} is taken: the service listens on {chosen}.")
    say_step(7, "Start the service and ask it for the day after the data.")
    with running([f"{NAME}@champion"], chosen, story.folder / "service.log") as service:
        service.wait_until_ready()
        answer = ask_service(service, story)

        def view() -> None:
            show_answer(answer)
            click.echo(next_steps_text(service.url, NAME, story.request, story.data))

        emit({**story.to_dict(), "url": service.url, "answer": answer}, as_json, view)
        if not once:
            say("Serving; Ctrl-C stops it.")
            service.process.wait()
    say("The service is stopped.")
