"""The series of a request, read: numbers and times, every mistake with its place."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config import Task
from forecasting.data.symbols import shown
from serving.covariates import Given, read_covariates
from serving.numbers import read_values
from serving.payloads import ForecastIn, SeriesIn
from serving.problems import ErrorItem, describe, first_errors, pointer
from serving.settings import Settings
from serving.statics import read_statics
from serving.timestamps import Times, read_times
from serving.validation import Refusal, validate


@dataclass(eq=False)
class Reading:
    """One series as it was sent, read but not yet on a grid.

    Attributes:
        place: where it stands in the body.
        name: its id.
        times: of its rows, or only of the first one.
        y: [n] values, NaN where missing.
        only_start: whether `times` holds the first time alone.
        statics: value of each static covariate.
        covariates: values of the others.
        warnings: codes and details of what was repaired.
    """

    place: tuple[str | int, ...]
    name: str
    times: Times
    y: NDArray[np.float64]
    only_start: bool
    statics: dict[str, Any] = field(default_factory=dict)
    covariates: Given = field(default_factory=Given)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def at(self, *parts: str | int) -> str:
        """Return the pointer to a part of this series."""
        return pointer(*self.place, *parts)

    def at_times(self, row: int | None = None) -> str:
        """Return the pointer to the times, or to that of a row."""
        if row is None:
            return self.at("start" if self.only_start else "ds")
        return time_pointer(self.place, self.only_start, row)


def read_series(value: Any, number: int, request: ForecastIn, task: Task, settings: Settings, ahead: int) -> Reading:
    """Read one series.

    Args:
        value: a JSON value.
        number: its position in the request.
        request: what was asked.
        task: of the model that will answer.
        settings: bounds.
        ahead: values of known covariates after the last row.

    Raises:
        Refusal: it is no series; every error found.
    """
    place = ("series", number)
    series = validate(SeriesIn, value, place)
    count = len(series.y)
    if count == 0:
        raise Refusal.of(pointer(*place, "y"), "empty", "A series needs at least one value; leave it out.")
    if count > settings.max_history:
        text = f"A series may have {settings.max_history} rows. Got {count}. Send the latest ones."
        raise Refusal.of(pointer(*place, "y"), "history_too_long", text)
    where = (*place, "y")
    if task.symbols:
        y = read_codes(series.y, where, request.missing, task.symbols)
    else:
        y = read_values(series.y, where, request.missing)
    if (series.ds is None) == (series.start is None):
        raise Refusal.of(pointer(*place), "ds_or_start", "A series has either `ds`, a time per value, or `start`.")
    if series.ds is not None and len(series.ds) != count:
        text = f"`ds` and `y` must be equally long. Got {len(series.ds)} times and {count} values."
        raise Refusal.of(pointer(*place, "ds"), "length_mismatch", text)
    only_start = series.ds is None
    at = functools.partial(time_pointer, place, only_start)
    times = read_times([series.start] if series.ds is None else series.ds, at, request.unit)
    warnings: list[tuple[str, str]] = []
    statics = read_statics(series.static_covariates, task, (*place, "static_covariates"), warnings)
    covariates = read_covariates(series, task, ahead, place, warnings)
    return Reading(place, series.unique_id, times, y, only_start, statics, covariates, warnings)


def time_pointer(place: tuple[str | int, ...], only_start: bool, row: int) -> str:
    """Return the pointer to the time of a row of the series at `place`."""
    return pointer(*place, "start") if only_start else pointer(*place, "ds", row)


def read_codes(
    values: list[Any], place: tuple[str | int, ...], missing: str, symbols: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return symbols as codes of an alphabet, NaN for null.

    Raises:
        Refusal: an element is no symbol of the alphabet, or null where that is an error.
    """
    codes: dict[Any, float] = {symbol: float(code) for code, symbol in enumerate(symbols)}
    if missing != "error":
        codes[None] = math.nan
    try:
        return np.array([codes[value] for value in values], np.float64)
    except (KeyError, TypeError):  # a list or an object is no key at all
        errors, total = first_errors(wrong_symbols(values, place, missing, symbols))
        raise Refusal(errors, total) from None


def wrong_symbols(
    values: list[Any], place: tuple[str | int, ...], missing: str, symbols: tuple[str, ...]
) -> Iterator[ErrorItem]:
    """Yield an item for each element that is no symbol of the model."""
    known = shown(symbols)
    for index, value in enumerate(values):
        if value is None:
            if missing == "error":
                text = "A symbol is missing, and `missing` is 'error'. Send it, or leave `missing` out."
                yield ErrorItem(pointer(*place, index), "missing_value", text)
        elif not isinstance(value, str):
            text = f"This model reads symbols: texts, or null where missing. Got {describe(value)}. Known: {known}."
            yield ErrorItem(pointer(*place, index), "string_type", text)
        elif value not in symbols:
            text = f"The model knows no such symbol. Got {describe(value)}. Known: {known}."
            yield ErrorItem(pointer(*place, index), "symbol_unknown", text)
