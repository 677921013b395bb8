"""Frozen dataclasses that are read from JSON strictly, and the checks of their fields."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from forecasting.errors import ConfigError
from forecasting.schema import DS, UNIQUE_ID, Y


class StrictConfig:
    """Dictionary round trip for frozen dataclasses: unknown keys are errors that name the known ones."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a plain mapping; lists become tuples.

        Raises:
            ConfigError: a key is unknown; the message lists the known ones.
        """
        require_known(cls, values)
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that `from_dict` takes, tuples as lists, ready for JSON."""
        fields = [field for field in dataclasses.fields(self) if field.init]  # type: ignore[arg-type]
        values = {field.name: getattr(self, field.name) for field in fields}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def require_known(kind: type, names: Iterable[str]) -> None:
    """Raise a `ConfigError` where a name is none of the fields that a frozen dataclass is built from."""
    known = [field.name for field in dataclasses.fields(kind) if field.init]
    for name in names:
        if name not in known:
            raise ConfigError(
                f"Unknown field {name!r} for {kind.__module__}.{kind.__name__}. Known fields: {', '.join(known)}.",
                code="unknown_field",
                field=name,
            )


def require(condition: bool, field: str, expected: str, got: object) -> None:
    """Raise a `ConfigError` that names the field, what it must be and what it is."""
    if not condition:
        raise ConfigError(f"`{field}` must be {expected}. Got {got!r}.", code="invalid_config", field=field)


def require_different(names: Sequence[str]) -> None:
    """Raise a `ConfigError` when two covariates share a name, or one has the name of a column of the panel."""
    seen = {UNIQUE_ID, DS, Y}
    for name in names:
        require(name not in seen, "covariates", f"columns named once, none of them {UNIQUE_ID}, {DS} or {Y}", name)
        seen.add(name)


def is_count(value: object, minimum: int = 1) -> bool:
    """Whether `value` is an integer (not a bool) of at least `minimum`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum


def is_number(value: object) -> bool:
    """Whether `value` is a finite number (not a bool)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
