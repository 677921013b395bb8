"""The --config file: option names and values in TOML or JSON, strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from pipelines.requests import TaskRequest


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


def with_training(ctx: click.Context, task: TaskRequest) -> TaskRequest:
    """Return a task with the training fields of the --config file before those of the command line."""
    return replace(task, training=(*ctx.meta.get("training", ()), *task.training))


def text_of(values: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """Return options as a TOML file: numbers, texts, truth values, lists of those, and the table `training`.

    Args:
        values: by the names of the options; what is None or empty is left out.
        comments: lines at the top.
    """
    import json

    def lines(table: Mapping[str, Any]) -> list[str]:
        said = {name: value for name, value in table.items() if value is not None and value not in ((), [])}
        # a JSON value is a TOML one; the only character that JSON leaves and TOML does not is the delete
        texts = {name: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for name, value in said.items()}
        return [f"{name} = {text}" for name, text in texts.items()]

    options = {name: value for name, value in values.items() if name != "training"}
    training = ["", "[training]", *lines(values["training"])] if values.get("training") else []
    return "\n".join([*(f"# {line}" for line in comments), *lines(options), *training, ""])


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
