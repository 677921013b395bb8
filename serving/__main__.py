"""`python -m serving`: start the service from the settings in the environment, or print them."""

from __future__ import annotations

import json
import os
import sys

import click
from pydantic import ValidationError

from forecasting.errors import ForecastingError
from serving.served.sources import sources_of
from serving.settings import PREFIX, Settings, unknown_variables

WRONG_USE = 2


@click.command(help="Serve forecasts over HTTP. Settings are environment variables that start with FORECAST_.")
@click.option("--print-settings", is_flag=True, help="Print the settings as JSON, secrets masked, and stop.")
def main(print_settings: bool) -> None:
    """Check the settings, then become gunicorn."""
    settings = read_settings()
    for name in unknown_variables(os.environ):
        click.echo(f"warning: {name} is no setting of this service; is it misspelt?", err=True)
    if print_settings:
        click.echo(json.dumps(settings.model_dump(mode="json"), indent=2))
        return
    try:
        sources_of(settings.require_models().models)
    except (ValueError, ForecastingError) as error:
        stop(str(error))
    arguments = ["-m", "gunicorn", "-c", "python:serving.gunicorn_conf", "serving.app:create_app()"]
    # the same process, so that whoever started this one can signal the server
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606


def read_settings() -> Settings:
    """Return the settings; where they are wrong, say which and stop."""
    try:
        return Settings()
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            variable = PREFIX + "_".join(map(str, one["loc"])).upper() if one["loc"] else "settings"
            click.echo(f"{variable}: {one['msg']}", err=True)
        sys.exit(WRONG_USE)


def stop(message: str) -> None:
    """Say what is wrong and stop."""
    click.echo(message, err=True)
    sys.exit(WRONG_USE)


if __name__ == "__main__":
    main()
