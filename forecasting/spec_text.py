"""How choices are written in one line: `name:field=value,field=value`."""

from __future__ import annotations

import json
from typing import Any

from forecasting.errors import ConfigError


def read_field(part: str, text: str, kind: str = "model", example: str = "gru:units=64,layers=2") -> tuple[str, Any]:
    """Read `field=value`; the value is JSON where it is legal JSON, a word otherwise.

    Args:
        part: what is read.
        text: the whole of which it is a part, for the error.
        kind: what the whole describes.
        example: what such a text looks like.
    """
    name, equals, value = part.partition("=")
    if not equals:
        raise ConfigError(f"In {kind} {text!r}, {part!r} is not field=value. Write e.g. {example}.", field=kind)
    try:
        return name.strip(), json.loads(value)
    except json.JSONDecodeError:
        return name.strip(), value.strip()
