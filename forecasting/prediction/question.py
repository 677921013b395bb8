"""What is asked of a model about every series: how far ahead, and which intervals, quantiles or probabilities."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from forecasting.errors import RequestError
from forecasting.schema import interval_quantiles


@dataclass(frozen=True)
class Question:
    """One question; `Predictor.question` makes one that its model can answer, and everything behind relies on that.

    Attributes:
        horizon: H', steps ahead.
        level: central intervals, in percent, in the order asked.
        quantile_levels: quantiles, in the order asked.
        probabilities: whether the probability of each symbol is wanted.
    """

    horizon: int
    level: tuple[float, ...] = ()
    quantile_levels: tuple[float, ...] = ()
    probabilities: bool = False

    @classmethod
    def read(
        cls,
        horizon: int,
        level: Sequence[float] | None = None,
        quantile_levels: Sequence[float] | None = None,
        probabilities: bool = False,
    ) -> Self:
        """Read what a user gave; whether a model can answer it is another matter.

        Raises:
            RequestError: both kinds of levels were given, one is no list, or a value is no number, out of range or
                given twice.
        """
        intervals, quantiles = numbers_in(level, "level", 100), numbers_in(quantile_levels, "quantile_levels", 1)
        if intervals and quantiles:
            text = "Give `level` or `quantile_levels`, not both."
            raise RequestError(text, code="level_and_quantiles", field="level")
        return cls(horizon, intervals, quantiles, probabilities)

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels behind all of it, ascending."""
        bounds = (bound for one in self.level for bound in interval_quantiles(one))
        return tuple(sorted({float(q) for q in (*bounds, *self.quantile_levels)}))


def numbers_in(values: Sequence[float] | None, field: str, upper: float) -> tuple[float, ...]:
    """Return the different numbers between 0 and `upper` in a list, a tuple or an array, in order; none for None.

    Raises:
        RequestError: it is something else, such as a lone number, or a number is out of range or there twice.
    """
    found: tuple[Any, ...] = ()
    if values is not None:
        found = tuple(values) if np.iterable(values) else (None,)
    if not all(isinstance(one, numbers.Real) and not isinstance(one, bool) for one in found):
        example = "[80]" if field == "level" else "[0.1, 0.9]"
        text = f"`{field}` must be a list of numbers, such as {example}. Got {values!r}."
        raise RequestError(text, code="level_type", field=field)
    plain = tuple(one.item() if isinstance(one, np.generic) else one for one in found)
    outside = [one for one in plain if not 0 < one < upper]
    if outside:
        text = f"`{field}` must lie between 0 and {upper}. Got {outside[0]!r}."
        raise RequestError(text, code="level_range", field=field)
    if len(set(plain)) < len(plain):
        text = f"`{field}` names a value twice. Got {list(plain)!r}."
        raise RequestError(text, code="level_duplicate", field=field)
    return plain
