"""Spaces: which values of a field are worth trying. They stand beside the fields they are about; nothing is imported.

A model's `Config.search(task)` and a learner's `SEARCH` give a space by the name of each field. A value is drawn by
`suggest`, from whatever has the three `suggest_...` methods of an Optuna trial.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class OneOf:
    """One of a few values.

    Attributes:
        options: the values: numbers, words or truth values.
    """

    options: tuple[Any, ...]

    def including(self, value: Any) -> Self:
        """Return the space with `value` in it."""
        return self if value in self.options else replace(self, options=(*self.options, value))

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.options) > 1

    def suggest(self, trial: Any, name: str) -> Any:
        """Return what a trial chooses for the field `name`."""
        return trial.suggest_categorical(name, self.options)


@dataclass(frozen=True)
class Between:
    """An integer, or a real number, between two bounds that both belong to it.

    Attributes:
        low: the lower bound; the type of both bounds is that of the values.
        high: the upper bound.
        log: whether ratios count, not differences.
    """

    low: float
    high: float
    log: bool = False

    def including(self, value: Any) -> Self:
        """Return the space, widened until it holds `value`."""
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return self.low < self.high

    def suggest(self, trial: Any, name: str) -> Any:
        """Return what a trial chooses for the field `name`."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


Space = OneOf | Between
