"""Lists of JSON values as numbers, or as codes of symbols; null is missing, and every mistake has its place."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.symbols import shown
from serving.http.refusals import ErrorItem, Pointer, Refusal, json_type

NUMBERS = {int, float, type(None)}

#: What null means: a value that is masked, or an error.
Missing = Literal["mask", "error"]


def parse_numbers(values: list[Any], pointer: Pointer, missing: Missing) -> NDArray[np.float64]:
    """Return numbers [n], NaN for null; all others are finite.

    Raises:
        Refusal: an element is no finite number, or null where that is an error.
    """
    if NUMBERS.issuperset(map(type, values)):
        try:
            numbers = np.array(values, np.float64)
        except OverflowError:  # an integer beyond the largest float
            numbers = np.array([np.inf])
        holes = values.count(None)
        if np.isfinite(numbers).sum() + holes == len(values) and not (holes and missing == "error"):
            return numbers
    raise Refusal.listing(wrong_numbers(values, pointer, missing))


def wrong_numbers(values: list[Any], pointer: Pointer, missing: Missing) -> Iterator[ErrorItem]:
    """Yield an item for each element that is no number."""
    largest = sys.float_info.max
    for index, value in enumerate(values):
        if value is None:
            if missing == "error":
                text = "A value is missing, and `missing` is 'error'. Send it, or leave `missing` out."
                yield ErrorItem((*pointer, index), "missing_value", text)
        elif type(value) not in NUMBERS:
            text = f"A value must be a number, or null where missing. Got {json_type(value)}."
            yield ErrorItem((*pointer, index), "float_type", text)
        elif not -largest <= value <= largest:
            yield ErrorItem((*pointer, index), "finite_number", "A value must be finite; null is missing.")


def parse_symbols(
    values: list[Any], pointer: Pointer, missing: Missing, symbols: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return symbols [n] as codes of an alphabet, NaN for null.

    Raises:
        Refusal: an element is no symbol of the alphabet, or null where that is an error.
    """
    codes: dict[Any, float] = {symbol: float(code) for code, symbol in enumerate(symbols)}
    if missing != "error":
        codes[None] = math.nan
    try:
        return np.array([codes[value] for value in values], np.float64)
    except (KeyError, TypeError):  # a list or an object is no key at all
        raise Refusal.listing(wrong_symbols(values, pointer, missing, symbols)) from None


def wrong_symbols(
    values: list[Any], pointer: Pointer, missing: Missing, symbols: tuple[str, ...]
) -> Iterator[ErrorItem]:
    """Yield an item for each element that is no symbol of the model."""
    known = shown(symbols)
    for index, value in enumerate(values):
        if value is None:
            if missing == "error":
                text = "A symbol is missing, and `missing` is 'error'. Send it, or leave `missing` out."
                yield ErrorItem((*pointer, index), "missing_value", text)
        elif not isinstance(value, str):
            text = f"This model reads symbols: texts, or null where missing. Got {json_type(value)}. Known: {known}."
            yield ErrorItem((*pointer, index), "string_type", text)
        elif value not in symbols:
            text = f"The model knows no such symbol. Got {json_type(value)}. Known: {known}."
            yield ErrorItem((*pointer, index), "symbol_unknown", text)
