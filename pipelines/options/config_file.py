"""The --config file: option names and values in TOML or JSON, read strictly, and written for `forecast train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from pipelines.files.request import DataRequest
from pipelines.options.requests import TaskRequest
from pipelines.options.shared import TRAIN_BUNDLES

#: Parameters that no file may have, or that it spells otherwise.
NOT_IN_FILES = ("config", "training", "as_json", "debug")


def load(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Take a command's defaults from a file; what the command line says wins.

    Keys are the names of the options without dashes (`horizon`, `model`, `training = {steps = 500}`), and `data`.

    Raises:
        click.BadParameter: the file is no TOML or JSON, or holds a key that the command has no option for.
    """
    if value is None:
        return
    values = read_config(value, param, ctx)
    known = parameters_by_key(ctx.command.params)
    unknown = [key for key in values if key not in known and key != "training"]
    if unknown:
        text = f"{value} has the unknown key {unknown[0]!r}. Known: {', '.join(sorted([*known, 'training']))}."
        raise click.BadParameter(text, ctx, param)
    training = values.pop("training", {})
    if not isinstance(training, dict):
        raise click.BadParameter(f"{value}: `training` must be a table of fields. Got {training!r}.", ctx, param)
    ctx.meta["training"] = tuple(training.items())
    if isinstance(values.get("model"), str):
        values["model"] = [values["model"]]
    ctx.default_map = {**(ctx.default_map or {}), **{str(known[key].name): one for key, one in values.items()}}


def read_config(path: str, param: click.Parameter, ctx: click.Context) -> dict[str, Any]:
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


def parameters_by_key(parameters: Sequence[click.Parameter]) -> dict[str, click.Parameter]:
    """Return click's parameter for each key that a file may have."""
    return {
        "data" if isinstance(one, click.Argument) else one.opts[-1].lstrip("-"): one
        for one in parameters
        if one.name not in NOT_IN_FILES
    }


def with_training(ctx: click.Context, task: TaskRequest) -> TaskRequest:
    """Return a task with the training fields of the --config file before those of the command line."""
    return replace(task, training=(*ctx.meta.get("training", ()), *task.training))


def to_config(data: DataRequest, task: TaskRequest) -> dict[str, Any]:
    """Return the keys of a file by which `forecast train` trains one model on data; defaults are left out.

    The number of windows is always there: with it a score can be found again. The address of a database is not: it may
    hold a password.
    """
    said = {**vars(data), **vars(task), **task.choices, "models": task.models[0]}
    if data.is_database:
        del said["location"]
    known = parameters_by_key([parameter for bundle in TRAIN_BUNDLES for parameter in bundle.parameters])
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, parameter in known.items()
        if (value := said.get(str(parameter.name))) not in (None, (), [])
        and (value != parameter.default or key == "windows")
    }


def to_toml(values: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """Return options as a TOML file: numbers, texts, truth values, lists of those, and the table `training`.

    Args:
        values: by the names of the options; what is None or empty is left out.
        comments: lines at the top.
    """
    options = {name: value for name, value in values.items() if name != "training"}
    training = ["", "[training]", *toml_lines(values["training"])] if values.get("training") else []
    return "\n".join([*(f"# {line}" for line in comments), *toml_lines(options), *training, ""])


def toml_lines(table: Mapping[str, Any]) -> list[str]:
    """Return the lines of one table."""
    import json

    said = {name: value for name, value in table.items() if value is not None and value not in ((), [])}
    # a JSON value is a TOML one; the only character that JSON leaves and TOML does not is the delete
    texts = {name: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for name, value in said.items()}
    return [f"{name} = {text}" for name, text in texts.items()]


config_option = click.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=load,
    help="TOML or JSON with the same names as these options, and a table `training`.",
)
