"""How choices are written in one line: `name:field=value,field=value`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from forecasting.errors import ConfigError


def read_fields(text: str, kind: str, example: str) -> dict[str, Any]:
    """Read `field=value,field=value`.

    Args:
        text: what stands behind the colon.
        kind: what it describes, for the error.
        example: what such a text looks like, with its name.

    Raises:
        ConfigError: a part is not `field=value`.
    """
    found = {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(f"In {kind} {text!r}, {part!r} is not field=value. Write e.g. {example}.", field=kind)
        found[name.strip()] = read_value(value)
    return found


def write_fields(fields: Mapping[str, Any]) -> str:
    """Return the text that `read_fields` reads.

    >>> write_fields({"units": 64, "head": "point"})
    'units=64,head=point'

    Raises:
        ConfigError: a value holds a comma, which would end it.
    """
    for name, value in fields.items():
        if isinstance(value, (list, tuple)) or "," in str(value):
            raise ConfigError(f"`{name}` cannot be written in one line: {value!r} holds a comma.", field=name)
    return ",".join(f"{name}={write_value(value)}" for name, value in fields.items())


def write_value(value: Any) -> str:
    """Return the text that `read_value` reads: a word as it is, unless it would be read as something else."""
    return value if isinstance(value, str) and read_value(value) == value else json.dumps(value)


def read_value(text: str) -> Any:
    """Return what a text says as JSON where it is legal JSON, the word itself otherwise."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text.strip()


def config_of(module: ModuleType, options: dict[str, Any], what: str, field: str) -> Any:
    """Return the `Config` of a module made from options; None where it has none.

    Args:
        module: a member of a catalog.
        options: fields of its `Config`.
        what: the member, for the error, as in `Learner 'rtrl'`.
        field: where the options were given.

    Raises:
        ConfigError: an option is unknown or means nothing.
    """
    if hasattr(module, "Config"):
        return module.Config.from_dict(options)
    if options:
        raise ConfigError(f"{what} has no options. Got {', '.join(options)}.", code="unknown_field", field=field)
    return None
