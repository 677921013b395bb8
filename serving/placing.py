"""From read series to series on a grid: ordered, without duplicates and gaps; a mistake names its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.calendar import Frequency
from forecasting.data.grids import MICROSECONDS_PER_DAY
from forecasting.data.iso import END, FIRST, LARGEST_INTEGER
from serving.clock import on_clock
from serving.covariates import NOTHING, Given
from serving.payloads import ForecastIn
from serving.reading import Reading
from serving.validation import Refusal

#: Between these no arithmetic with calendars can leave the years 1 to 9999.
SAFE_FIRST, SAFE_END = np.datetime64("0100-01-01", "us"), np.datetime64("9800-01-01", "us")


@dataclass(frozen=True)
class Grid:
    """The grid that all series of a request lie on.

    Attributes:
        frequency: as asked for, or the model's own.
        trained: the model's own.
        zone: name of the zone; None for naive times and integers.
        horizon: steps ahead that must still be times.
        rows: rows that a series may have.
    """

    frequency: Frequency
    trained: Frequency
    zone: str | None
    horizon: int
    rows: int


@dataclass(frozen=True, eq=False)
class Placed:
    """One series on its grid.

    Attributes:
        name: its id.
        start: time of the first row, on the panel's clock.
        y: [n] values, NaN where missing.
        warnings: codes and details of what was repaired.
        covariates: of its rows, and those known ahead.
    """

    name: str
    start: Any
    y: NDArray[np.float64]
    warnings: list[tuple[str, str]]
    covariates: Given = NOTHING


def place_series(reading: Reading, grid: Grid, request: ForecastIn) -> Placed:
    """Place a series on the grid.

    Raises:
        Refusal: its times make no such grid.
    """
    require_kind(reading, grid.frequency)
    times = on_clock(reading.times, grid.frequency, grid.zone, reading.at_times)
    try:
        return place_times(reading, times, grid, request)
    except (ValueError, OverflowError) as error:  # calendars end somewhere
        raise out_of_range(reading) from error


def place_times(reading: Reading, times: NDArray[Any], grid: Grid, request: ForecastIn) -> Placed:
    """Place a series whose times are on the panel's clock; see `place_series`."""
    require_frequency(reading, grid, times[0])
    order, y, covariates = None, reading.y, reading.covariates
    if not (times[1:] > times[:-1]).all():
        order = np.argsort(times, kind="stable")
        times, y, covariates = times[order], y[order], covariates.ordered(order)
        refuse_duplicates(reading, times, order)
        note_sorted(reading, request.strict, order)
    require_span(reading, grid, times)
    steps = require_on_grid(reading, grid, times, order)
    if steps[-1] >= len(steps):
        if not request.fill:
            raise gap(reading, grid, times[0], steps, order)
        y, covariates = fill(reading, grid, steps, y), covariates.filled(steps)
    require_future(reading, grid, times[0], len(y))
    return Placed(reading.name, times[0], y, reading.warnings, covariates)


def parted_by_y(placed: Placed, reading: Reading, horizon: int) -> Placed:
    """Return a series whose rows after the last `y` are the future of its known covariates.

    Raises:
        Refusal: they do not reach as far as the forecast.
    """
    observed = np.flatnonzero(~np.isnan(placed.y))
    rows = int(observed[-1]) + 1 if len(observed) else len(placed.y)
    if len(placed.y) - rows < horizon:
        text = (
            f"The known covariates of {horizon} rows after the last `y` are needed, with `y` empty there. Got "
            f"{len(placed.y) - rows} such rows. Send the others too."
        )
        raise Refusal.of(reading.at("y"), "future_missing", text)
    return replace(placed, y=placed.y[:rows], covariates=placed.covariates.cut(rows, horizon))


def require_kind(reading: Reading, frequency: Frequency) -> None:
    """Raise a `Refusal` when integers meet a frequency of times, or times an integer frequency."""
    if reading.times.is_integer == frequency.is_integer:
        return
    where = reading.at_times(0)
    if frequency.is_integer:
        text = "The steps are integers, as `freq` or the model says. Send integers in `ds` or `start`, without `unit`."
        raise Refusal.of(where, "timestamp_type", text)
    text = "Integers stand for timestamps only with `unit`: 's', 'ms', 'us' or 'ns' since 1970. Add it."
    raise Refusal.of(where, "unit_missing", text)


def require_frequency(reading: Reading, grid: Grid, start: Any) -> None:
    """Raise a `Refusal` when the frequency asked for makes another grid than the model's."""
    if grid.frequency.alias != grid.trained.alias and not grid.frequency.agrees(grid.trained, start):
        text = f"The model forecasts steps of {grid.trained.alias!r}. Send such a series, and leave `freq` out."
        raise Refusal.of("/freq", "freq_mismatch", text)


def note_sorted(reading: Reading, strict: bool, order: NDArray[np.int64]) -> None:
    """Note that the rows had to be sorted, or raise a `Refusal` where that is an error."""
    if strict:
        row = int(order[np.flatnonzero(order[1:] < order[:-1])[0] + 1])
        text = "The times are not ascending, and `strict` is true. Sort the rows, or leave `strict` out."
        raise Refusal.of(reading.at("ds", row), "unsorted", text)
    reading.warnings.append(("sorted", "The rows were not ascending in time and have been sorted."))


def refuse_duplicates(reading: Reading, times: NDArray[Any], order: NDArray[np.int64]) -> None:
    """Raise a `Refusal` that names the rows of the first time that is there twice."""
    twice = np.flatnonzero(times[1:] == times[:-1])
    if len(twice):
        rows = sorted(int(order[position]) for position in (twice[0], twice[0] + 1))
        text = f"Rows {rows[0]} and {rows[1]} have the same time; {len(twice)} rows repeat one. Send each time once."
        raise Refusal.of(reading.at("ds", rows[1]), "duplicate_timestamp", text)


def require_span(reading: Reading, grid: Grid, times: NDArray[Any]) -> None:
    """Raise a `Refusal` when the times span far more steps than a series may have: a wrong `freq` or `unit`."""
    span = int(times[-1].astype(np.int64)) - int(times[0].astype(np.int64))
    steps = span // int(grid.frequency.alias) if grid.frequency.is_integer else span / microseconds(grid.frequency)
    if steps > 2 * grid.rows:
        text = (
            f"From the first to the last time there are about {steps:.0f} steps; a series may have {grid.rows} rows. "
            "Check `freq` and `unit`, or send the latest rows."
        )
        raise Refusal.of(reading.at("ds"), "history_too_long", text)


def require_on_grid(
    reading: Reading, grid: Grid, times: NDArray[Any], order: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Return the step of each time, counted from the first.

    Raises:
        Refusal: one is no point of the grid.
    """
    steps, on_grid = grid.frequency.steps(times[0], times)
    if on_grid.all():
        return steps
    row = int(np.flatnonzero(~on_grid)[0])
    where = reading.at_times(row if order is None else int(order[row]))
    text = f"This time is no point of the grid {grid.frequency.alias!r} from the first time on. Check it, and `freq`."
    raise Refusal.of(where, "off_grid", text)


def gap(reading: Reading, grid: Grid, start: Any, steps: NDArray[np.int64], order: NDArray[np.int64] | None) -> Refusal:
    """Return the refusal that names the first missing row and how many there are; it points at the row after it."""
    position = int(np.flatnonzero(steps != np.arange(len(steps)))[0])
    first = grid.frequency.times(start, np.array([position]))[0]
    count = int(steps[-1]) + 1 - len(steps)
    text = f"{count} rows are missing, the first at {first}. Send them with null in `y`, or ask for `fill`."
    row = position if order is None else int(order[position])
    return Refusal.of(reading.at("ds", row), "missing_timestamps", text)


def fill(reading: Reading, grid: Grid, steps: NDArray[np.int64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with NaN in the rows that were missing."""
    count = int(steps[-1]) + 1
    if count > grid.rows:
        text = f"With its gaps filled this series has {count} rows; it may have {grid.rows}. Send the latest ones."
        raise Refusal.of(reading.at("ds"), "history_too_long", text)
    reading.warnings.append(("filled", f"{count - len(steps)} missing rows have been put in as missing values."))
    filled = np.full(count, np.nan)
    filled[steps] = y
    return filled


def require_future(reading: Reading, grid: Grid, start: Any, rows: int) -> None:
    """Raise a `Refusal` when the last step ahead is no time any more."""
    frequency, steps = grid.frequency, rows + grid.horizon
    if frequency.is_integer:
        if int(start) + steps * int(frequency.alias) > LARGEST_INTEGER:
            raise out_of_range(reading)
        return
    estimate = int(start.astype(np.int64)) + steps * microseconds(frequency)
    if start >= SAFE_FIRST and estimate < int(SAFE_END.astype(np.int64)):
        return
    if estimate > 2 * int(END.astype(np.int64)) or not FIRST <= frequency.times(start, np.array([steps]))[0] < END:
        raise out_of_range(reading)


def microseconds(frequency: Frequency) -> float:
    """Return the mean length of a step."""
    return frequency.grid.days * MICROSECONDS_PER_DAY


def out_of_range(reading: Reading) -> Refusal:
    """Return the refusal of a series that leaves the years 1 to 9999, or the exact integers."""
    text = f"This series or its forecast leaves the years 1 to 9999, or the integers within {LARGEST_INTEGER} of 0."
    return Refusal.of(reading.at_times(), "timestamp_range", text)
