"""`forecast serve`: start the REST service."""

from __future__ import annotations

import os
import sys

import click

from pipelines.options.shared import common_options, examples


@click.command(
    short_help="Start the REST service.",
    epilog=examples(
        "forecast serve --model load@champion",
        "forecast serve --model load@champion --model sales@champion --port 9000 --workers 2",
        "forecast serve --model model --print-settings",
    ),
)
@click.option(
    "--model", "models", multiple=True, metavar="MODEL", help="Model folder, NAME@alias or NAME/version; repeatable."
)
@click.option("--host", help="Address to listen on. [127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on. [8000]")
@click.option("--workers", type=click.IntRange(1), help="Processes. [1]")
@click.option("--print-settings", is_flag=True, help="Print all settings as JSON and stop.")
@common_options
def command(
    models: tuple[str, ...],
    host: str | None,
    port: int | None,
    workers: int | None,
    print_settings: bool,
    as_json: bool,
) -> None:
    """Serve forecasts over HTTP with gunicorn; a champion that is moved is taken over while serving.

    Other settings are environment variables that start with FORECAST_: --print-settings lists them. This process
    becomes the server: signals reach it, and its exit code is the server's. --json only matters with
    --print-settings, whose output is JSON anyway.
    """
    from pipelines.jobs.service import COMMAND, environment

    if not (models or os.environ.get("FORECAST_MODELS") or os.environ.get("FORECAST_MODEL")):
        raise click.UsageError("Give --model, or set FORECAST_MODELS.")
    arguments = [*COMMAND, *(["--print-settings"] if print_settings else [])]
    variables = environment(models, {"host": host, "port": port, "workers": workers})
    sys.stdout.flush()
    os.execve(arguments[0], arguments, variables)  # noqa: S606
