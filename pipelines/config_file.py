"""The --config file: option names and values in TOML or JSON, strictly."""

from __future__ import annotations

from typing import Any

import click


def load(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Take a command's defaults from a file; what the command line says wins.

    Keys are the names of the options without dashes (`horizon`, `model`, `training = {steps = 500}`), and `data`.

    Raises:
        click.BadParameter: the file is no TOML or JSON, or holds a key that the command has no option for.
    """
    if value is None:
        return
    values = read(value, param, ctx)
    known = option_names(ctx.command)
    unknown = [key for key in values if key not in known and key != "training"]
    if unknown:
        text = f"{value} has the unknown key {unknown[0]!r}. Known: {', '.join(sorted([*known, 'training']))}."
        raise click.BadParameter(text, ctx, param)
    training = values.pop("training", {})
    if not isinstance(training, dict):
        raise click.BadParameter(f"{value}: `training` must be a table of fields. Got {training!r}.", ctx, param)
    ctx.meta["training"] = tuple(training.items())
    ctx.default_map = {**(ctx.default_map or {}), **{known[key]: listed(key, one) for key, one in values.items()}}


def read(path: str, param: click.Parameter, ctx: click.Context) -> dict[str, Any]:
    """Return the table of a file."""
    import json
    import tomllib

    try:
        with open(path, "rb") as file:
            values = json.load(file) if path.lower().endswith(".json") else tomllib.load(file)
    except (OSError, ValueError) as error:
        text = f"{path} cannot be read as TOML (or JSON, by its ending): {error}."
        raise click.BadParameter(text, ctx, param) from error
    if not isinstance(values, dict):
        raise click.BadParameter(f"{path} must hold one table of options. Got {type(values).__name__}.", ctx, param)
    return values


def option_names(command: click.Command) -> dict[str, str]:
    """Return click's parameter for each key that a file may have."""
    names = {}
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            names["data"] = str(parameter.name)
        elif parameter.name not in ("config", "training", "as_json", "debug"):
            names[parameter.opts[-1].lstrip("-")] = str(parameter.name)
    return names


def listed(key: str, value: Any) -> Any:
    """Return the models as a list, also where there is one."""
    return [value] if key == "model" and isinstance(value, str) else value


config_option = click.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=load,
    help="TOML or JSON with the same names as these options, and a table `training`.",
)
