"""Lists of JSON values read as numbers, null where missing; every mistake with its place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.problems import ErrorItem, describe, first_errors, pointer
from serving.validation import Refusal

NUMBERS = {int, float, type(None)}


def read_values(values: list[Any], place: tuple[str | int, ...], missing: str) -> NDArray[np.float64]:
    """Return numbers, NaN for null.

    Raises:
        Refusal: an element is no finite number, or null where that is an error.
    """
    if NUMBERS.issuperset(map(type, values)):
        try:
            y = np.array(values, np.float64)
        except OverflowError:  # an integer beyond the largest float
            y = np.array([np.inf])
        holes = values.count(None)
        if np.isfinite(y).sum() + holes == len(values) and not (holes and missing == "error"):
            return y
    errors, total = first_errors(wrong_values(values, place, missing))
    raise Refusal(errors, total)


def wrong_values(values: list[Any], place: tuple[str | int, ...], missing: str) -> Iterator[ErrorItem]:
    """Yield an item for each element that is no value."""
    largest = sys.float_info.max
    for index, value in enumerate(values):
        if value is None:
            if missing == "error":
                text = "A value is missing, and `missing` is 'error'. Send it, or leave `missing` out."
                yield ErrorItem(pointer(*place, index), "missing_value", text)
        elif type(value) not in NUMBERS:
            text = f"A value must be a number, or null where missing. Got {describe(value)}."
            yield ErrorItem(pointer(*place, index), "float_type", text)
        elif not -largest <= value <= largest:
            yield ErrorItem(pointer(*place, index), "finite_number", "A value must be finite; null is missing.")
