"""From series as they were sent to series on the time axis: ordered, without duplicates and gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.schema import DS, Y
from serving.http.refusals import Pointer, Refusal
from serving.request.axis import TimeAxis, out_of_range
from serving.request.caveats import Caveat
from serving.request.covariates import SeriesCovariates
from serving.request.payloads import ForecastIn
from serving.request.series import SentSeries
from serving.request.zones import to_panel_clock

SORTED = Caveat("sorted", "The rows were not ascending in time and have been sorted.")


@dataclass(frozen=True, eq=False)
class PlacedSeries:
    """One series on the time axis.

    Attributes:
        pointer: to where it stands in the body.
        name: its id.
        start: time of the first row, on the panel's clock.
        y: [n] values, NaN where missing, finite otherwise.
        covariates: of its rows, and those known ahead.
        caveats: what the answer says about it.
    """

    pointer: Pointer
    name: str
    start: Any
    y: NDArray[np.float64]
    covariates: SeriesCovariates
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, eq=False)
class AscendingRows:
    """The n rows of a series, ascending in time.

    Attributes:
        times: [n] on the panel's clock; of a series that has `start`, only the first.
        y: [n].
        covariates: of the rows, and those known ahead.
        order: [n] the position at which each row was sent; None where they were sent ascending.
    """

    times: NDArray[Any]
    y: NDArray[np.float64]
    covariates: SeriesCovariates
    order: NDArray[np.int64] | None = None

    def sent_at(self, row: int) -> int:
        """Return the position at which a row was sent."""
        return row if self.order is None else int(self.order[row])


def place_series(series: SentSeries, axis: TimeAxis, request: ForecastIn) -> PlacedSeries:
    """Place a series on the axis.

    Raises:
        Refusal: its times make no such grid.
    """
    axis.require_kind(series.times)
    times = to_panel_clock(series.times, axis.frequency, axis.zone)
    try:
        return place_rows(series, times, axis, request)
    except (ValueError, OverflowError) as error:  # calendars end somewhere
        raise out_of_range(series.times.field.pointer) from error


def place_rows(series: SentSeries, times: NDArray[Any], axis: TimeAxis, request: ForecastIn) -> PlacedSeries:
    """Place a series whose times are on the panel's clock; see `place_series`."""
    axis.require_model_frequency(times[0])
    rows, caveats = ascending(series, times), [*axis.caveats, *series.caveats]
    if rows.order is not None:
        require_distinct_times(rows, series)
        require_lenient(rows, series, request.strict)
        caveats.append(SORTED)
    axis.require_span(rows.times, series.times.field.pointer)
    steps = count_steps(rows, series, axis)
    y, covariates = rows.y, rows.covariates
    if steps[-1] >= len(steps):
        if not request.fill:
            raise gap(rows, series, steps, axis)
        y, covariates = fill(rows, series, steps, axis.max_rows), covariates.filled(steps)
        caveats.append(Caveat("filled", f"{len(y) - len(steps)} missing rows have been put in as missing values."))
    axis.require_future(rows.times[0], len(y), series.times.field.pointer)
    return PlacedSeries(series.pointer, series.name, rows.times[0], y, covariates, tuple(caveats))


def part_by_y(series: PlacedSeries, horizon: int) -> PlacedSeries:
    """Return a series whose rows after the last `y` are the future of its known covariates.

    Raises:
        Refusal: they do not reach as far as the forecast.
    """
    observed = np.flatnonzero(~np.isnan(series.y))
    rows = int(observed[-1]) + 1 if len(observed) else len(series.y)
    if len(series.y) - rows < horizon:
        text = (
            f"The known covariates of {horizon} rows after the last `y` are needed, with `y` empty there. Got "
            f"{len(series.y) - rows} such rows. Send the others too."
        )
        raise Refusal.of((*series.pointer, Y), "future_missing", text)
    return replace(series, y=series.y[:rows], covariates=series.covariates.cut(rows, horizon))


def ascending(series: SentSeries, times: NDArray[Any]) -> AscendingRows:
    """Return the rows of a series in the order of their times."""
    if (times[1:] > times[:-1]).all():
        return AscendingRows(times, series.y, series.covariates)
    order = np.argsort(times, kind="stable")
    return AscendingRows(times[order], series.y[order], series.covariates.ordered(order), order)


def require_distinct_times(rows: AscendingRows, series: SentSeries) -> None:
    """Raise a `Refusal` that names the rows of the first time that is there twice."""
    twice = np.flatnonzero(rows.times[1:] == rows.times[:-1])
    if len(twice):
        first, second = sorted(rows.sent_at(row) for row in (twice[0], twice[0] + 1))
        text = f"Rows {first} and {second} have the same time; {len(twice)} rows repeat one. Send each time once."
        raise Refusal.of((*series.pointer, DS, second), "duplicate_timestamp", text)


def require_lenient(rows: AscendingRows, series: SentSeries, strict: bool) -> None:
    """Raise a `Refusal` about rows that had to be sorted, where that is an error."""
    if strict and rows.order is not None:
        row = rows.sent_at(int(np.flatnonzero(rows.order[1:] < rows.order[:-1])[0]) + 1)
        text = "The times are not ascending, and `strict` is true. Sort the rows, or leave `strict` out."
        raise Refusal.of((*series.pointer, DS, row), "unsorted", text)


def count_steps(rows: AscendingRows, series: SentSeries, axis: TimeAxis) -> NDArray[np.int64]:
    """Return the step of each time [n], counted from the first.

    Raises:
        Refusal: one is no point of the grid.
    """
    steps, on_grid = axis.frequency.steps(rows.times[0], rows.times)
    if on_grid.all():
        return steps
    row = rows.sent_at(int(np.flatnonzero(~on_grid)[0]))
    text = f"This time is no point of the grid {axis.frequency.alias!r} from the first time on. Check it, and `freq`."
    raise Refusal.of(series.times.field.at(row), "off_grid", text)


def gap(rows: AscendingRows, series: SentSeries, steps: NDArray[np.int64], axis: TimeAxis) -> Refusal:
    """Return the refusal that names the first missing row and how many there are; it points at the row after it."""
    row = int(np.flatnonzero(steps != np.arange(len(steps)))[0])
    first = axis.frequency.times(rows.times[0], np.array([row]))[0]
    count = int(steps[-1]) + 1 - len(steps)
    text = f"{count} rows are missing, the first at {first}. Send them with null in `y`, or ask for `fill`."
    return Refusal.of((*series.pointer, DS, rows.sent_at(row)), "missing_timestamps", text)


def fill(rows: AscendingRows, series: SentSeries, steps: NDArray[np.int64], max_rows: int) -> NDArray[np.float64]:
    """Return the values with NaN in the rows that were missing.

    Raises:
        Refusal: these are more rows than a series may have.
    """
    count = int(steps[-1]) + 1
    if count > max_rows:
        text = f"With its gaps filled this series has {count} rows; it may have {max_rows}. Send the latest ones."
        raise Refusal.of((*series.pointer, DS), "history_too_long", text)
    filled = np.full(count, np.nan)
    filled[steps] = rows.y
    return filled
