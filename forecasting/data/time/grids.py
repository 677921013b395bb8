"""The three kinds of time grid behind a frequency: fixed steps, months, and tables of any other pandas offset."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MICROSECONDS_PER_DAY = 86_400_000_000
DAYS_PER_YEAR = 365.2425
_MONDAY_OFFSET = 3  # day 0 of the epoch, 1970-01-01, was a Thursday


class Grid(Protocol):
    """Points in time that are counted from a start: step 0 is the start itself."""

    @property
    def days(self) -> float:
        """Mean length of a step in days; 0 for steps that are no time."""

    def steps(self, start: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the step of each time counted from `start` (rounded down) and whether it lies on the grid."""

    def times(self, start: NDArray[Any], steps: NDArray[np.int64]) -> NDArray[Any]:
        """Return the time of each step counted from `start`."""


def split_day(times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split datetime64[us] into days since the epoch and microseconds since midnight."""
    day, rest = np.divmod(times.astype(np.int64), MICROSECONDS_PER_DAY)
    return day, rest


def weekday(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weekday of days since the epoch; Monday is 0."""
    return (day + _MONDAY_OFFSET) % 7


def month_number(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the months since January 1970 of days since the epoch."""
    return day.astype("M8[D]").astype("M8[M]").astype(np.int64)


def month_day(month: NDArray[np.int64], at_end: bool) -> NDArray[np.int64]:
    """Return the first (or last) day, since the epoch, of months since January 1970."""
    first = (month + int(at_end)).astype("M8[M]").astype("M8[D]").astype(np.int64)
    return first - int(at_end)


@dataclass(frozen=True)
class FixedGrid:
    """Steps of one size.

    Attributes:
        size: integers, or microseconds.
        clock: what is counted: elapsed time (`utc`), days and weeks of a wall clock (`wall`) or plain integers.
        weekday: the day that weeks fall on; None for any.
    """

    size: int
    clock: Literal["utc", "wall", "integer"] = "utc"
    weekday: int | None = None

    @property
    def days(self) -> float:
        """Length of a step in days; 0 for integers."""
        return 0.0 if self.clock == "integer" else self.size / MICROSECONDS_PER_DAY

    def steps(self, start: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Divide the distance from the start by the size of a step."""
        distance = times.astype(np.int64, copy=False) - start.astype(np.int64, copy=False)
        step = distance // self.size
        on_grid = step * self.size == distance
        if self.weekday is not None:
            on_grid = on_grid & (weekday(split_day(start)[0]) == self.weekday)
        return step, on_grid

    def times(self, start: NDArray[Any], steps: NDArray[np.int64]) -> NDArray[Any]:
        """Add so many sizes of a step to the start."""
        numbers = start.astype(np.int64) + steps * self.size
        return numbers if self.clock == "integer" else numbers.astype("M8[us]")


@dataclass(frozen=True)
class MonthGrid:
    """Steps of whole months, on the first or the last day of a month, at the start's time of day.

    Attributes:
        size: months in a step.
        at_end: last day of the month instead of the first.
        period: 1, 3 or 12; months between two months that the alias names.
        anchor: the months of the grid are those equal to this number modulo `period`.
    """

    size: int
    at_end: bool
    period: int = 1
    anchor: int = 0

    @property
    def days(self) -> float:
        """Mean length of a step in days."""
        return self.size * DAYS_PER_YEAR / 12

    def steps(self, start: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Divide the months since the start by the months in a step."""
        start_day, start_clock = split_day(start)
        day, clock = split_day(times)
        start_month, month = month_number(start_day), month_number(day)
        step, rest = np.divmod(month - start_month, self.size)
        on_grid = (rest == 0) & (clock == start_clock) & (day == month_day(month, self.at_end))
        return step, on_grid & (start_month % self.period == self.anchor)

    def times(self, start: NDArray[Any], steps: NDArray[np.int64]) -> NDArray[Any]:
        """Go so many months on, to their first or last day."""
        start_day, start_clock = split_day(start)
        day = month_day(month_number(start_day) + steps * self.size, self.at_end)
        return (day * MICROSECONDS_PER_DAY + start_clock).astype("M8[us]")


@dataclass(frozen=True)
class TableGrid:
    """Every `size`-th day of a pandas offset that is neither fixed nor monthly (`B`, `BMS`, `SMS` ...)."""

    alias: str
    size: int

    @property
    def days(self) -> float:
        """Mean length of a step in days."""
        return self.size * _mean_gap(self.alias)

    def steps(self, start: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Count the days of the table from the start to each time."""
        start_day, start_clock = split_day(start)
        day, clock = split_day(times)
        both = np.concatenate([start_day.ravel(), day.ravel()])
        table = _days_between(self.alias, both)
        position, start_position = np.searchsorted(table, day), np.searchsorted(table, start_day)
        step, rest = np.divmod(position - start_position, self.size)
        is_listed = (table[position] == day) & (table[start_position] == start_day)
        return step, is_listed & (rest == 0) & (clock == start_clock)

    def times(self, start: NDArray[Any], steps: NDArray[np.int64]) -> NDArray[Any]:
        """Go so many days of the table on."""
        start_day, start_clock = split_day(start)
        farthest = np.array([steps.min(initial=0), steps.max(initial=0)])
        reach = np.ceil(1.05 * self.days * farthest).astype(np.int64)
        table = _days_between(self.alias, np.add.outer(start_day.ravel(), reach))
        day = table[np.searchsorted(table, start_day) + steps * self.size]
        return (day * MICROSECONDS_PER_DAY + start_clock).astype("M8[us]")


def _days_between(alias: str, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the offset's days from the earliest to the latest of `days`, with years to spare at both ends."""
    if days.size == 0:
        return np.zeros(0, np.int64)
    ends = np.array([days.min(), days.max()])
    years = ends.astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970
    # whole decades, so that few tables are ever built
    return _decades(alias, int(years[0] - 5) // 10 * 10, int(years[1] + 15) // 10 * 10)


@functools.lru_cache(maxsize=64)
def _decades(alias: str, first_year: int, end_year: int) -> NDArray[np.int64]:
    first, end = (np.datetime64(f"{year:04d}-01-01", "us") for year in (first_year, end_year))
    dates = pd.date_range(pd.Timestamp(first), pd.Timestamp(end), freq=alias, unit="us")
    return dates.to_numpy().astype("M8[D]").astype(np.int64)


def _mean_gap(alias: str) -> float:
    """Return the mean number of days between two points of the offset."""
    table = _decades(alias, 2000, 2020)
    return float(table[-1] - table[0]) / (len(table) - 1)


def grid_of(offset: pd.offsets.BaseOffset) -> Grid | None:
    """Return the grid of a positive pandas offset, or None for one that is no series of days or fixed steps."""
    name, size = type(offset).__name__, offset.n
    if isinstance(offset, pd.offsets.Tick):
        return FixedGrid(offset.nanos // 1000) if offset.nanos % 1000 == 0 else None
    if name == "Day":
        return FixedGrid(size * MICROSECONDS_PER_DAY, "wall")
    if name == "Week":
        return FixedGrid(size * 7 * MICROSECONDS_PER_DAY, "wall", getattr(offset, "weekday", None))
    if name in _MONTHS:
        months, at_end = _MONTHS[name]
        anchor = int(getattr(offset, "startingMonth", 0) or getattr(offset, "month", 1))
        return MonthGrid(size * months, at_end, months, (anchor - 1) % months)
    if isinstance(offset, pd.offsets.BusinessHour):
        return None
    return TableGrid(offset.base.freqstr, size)


_MONTHS = {
    "MonthBegin": (1, False),
    "MonthEnd": (1, True),
    "QuarterBegin": (3, False),
    "QuarterEnd": (3, True),
    "YearBegin": (12, False),
    "YearEnd": (12, True),
}
