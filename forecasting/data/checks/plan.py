"""A plan of repairs: for each code of the data check what is done about it, as a file that does the same again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from forecasting.data.checks.codes import CODES, REFUSE, actions_of
from forecasting.data.grammar.iso import read_iso, why_no_time
from forecasting.errors import ConfigError

#: Of the file; a later one that means something else gets another.
VERSION = 1
#: More than any plan has.
_MOST_BYTES = 1 << 20


def _defaults() -> dict[str, str]:
    return {name: actions_of(name)[0] for name in CODES if actions_of(name)}


@dataclass(frozen=True)
class Plan:
    """What is done about each code.

    Attributes:
        freq: the grid; None infers it, and the plan that was carried out says which it was.
        now: ISO 8601 in UTC, rows after it lie in the future; None is the clock's, and is written down likewise.
        actions: action by code, one of those in `CODES`.

    Raises:
        ConfigError: a code has no actions, or not this one; or `now` is no time.
    """

    freq: str | int | None = None
    now: str | None = None
    actions: Mapping[str, str] = field(default_factory=_defaults)

    def __post_init__(self) -> None:
        for code, action in self.actions.items():
            known = actions_of(code) if code in CODES else ()
            if action not in known:
                able = ", ".join(name for name in CODES if actions_of(name))
                fix = f"one of {', '.join(known)}" if known else f"left out: a plan can act on {able}"
                text = f"The action for code {code!r} must be {fix}. Got {action!r}."
                raise ConfigError(text, code="invalid_plan", field=code)
        if self.now is not None and np.isnat(read_iso([self.now]).values[0]):
            text = f"`now` of a plan {why_no_time(self.now)}. Got {self.now!r}."
            raise ConfigError(text, code="invalid_plan", field="now")
        object.__setattr__(self, "actions", {**_defaults(), **self.actions})

    @property
    def present(self) -> np.datetime64:
        """`now` in UTC; NaT where it is that of the clock."""
        return np.datetime64("NaT", "us") if self.now is None else np.datetime64(read_iso([self.now]).values[0])

    @property
    def repairable(self) -> frozenset[str]:
        """The codes of errors that it repairs."""
        return frozenset(code for code, action in self.actions.items() if action != REFUSE)

    def having(self, actions: Iterable[tuple[str, str]]) -> Self:
        """Return the plan with other actions for some codes."""
        return replace(self, actions={**self.actions, **dict(actions)})

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes, ready for JSON."""
        return {"version": VERSION, "freq": self.freq, "now": self.now, "actions": dict(self.actions)}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build from the form that `to_dict` gives.

        Raises:
            ConfigError: it is no such form.
        """
        known = {"version", "freq", "now", "actions"}
        kinds = {"freq": (str, int, type(None)), "now": (str, type(None)), "actions": (dict,)}
        valid = isinstance(values, dict) and values.keys() <= known and values.get("version") == VERSION
        if not valid or any(not isinstance(values[name], kinds[name]) for name in kinds if name in values):
            text = f'A plan is a JSON object of "version": {VERSION}, "freq", "now" and "actions" (a code: an action).'
            raise ConfigError(text, code="invalid_plan", field="plan")
        return cls(**{name: value for name, value in values.items() if name != "version"})

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a plan file.

        Raises:
            ConfigError: it holds no plan.
        """
        path = Path(path)
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ValueError("it is too large")
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            text = f"{path} is no plan: {error}. Fix: have one written by `forecast check DATA --fix OUT --plan FILE`."
            raise ConfigError(text, code="invalid_plan", field="plan") from error

    def to_json(self) -> str:
        """Return the text of a plan file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"
