"""The checks that a frame may fail and still be forecast: what deserves a look, series by series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.codes import CODES
from forecasting.data.checks.findings import Finding
from forecasting.data.checks.grid_checks import GridFit
from forecasting.data.checks.rows import Rows, time_text
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.zones import UTC
from forecasting.schema import DS, Y

#: Values farther than this many spans (5 % to 95 % quantile) outside the span of what is left when each phase of the
#: season has lost its median are outliers.
_OUTLIER_SPANS = 3.0
_LEAST_ROWS_FOR_OUTLIERS = 20
#: Rows of each phase that its median needs.
_LEAST_SEASONS = 4
_LEAST_LEADING_ZEROS = 3
_SHORT_WITHOUT_SEASON = 4
#: How far ahead of UTC a clock without a zone may be.
_FARTHEST_ZONE = np.timedelta64(14, "h")


@dataclass(frozen=True, eq=False)
class Checkup:
    """What the checks of values look at, computed once.

    Attributes:
        rows: the readable rows, sorted.
        frequency: None when it is not known.
        now: UTC; rows after it lie in the future.
        fit: the rows on the grid, where there is one.
    """

    rows: Rows
    frequency: Frequency | None
    now: np.datetime64
    fit: GridFit | None = None

    def findings(self) -> list[Finding]:
        """Return every finding that is no error."""
        spread = quantiles(self.rows, self.rows.y)
        return [
            *future_dates(self),
            *local_clock(self),
            *_missing_values(self.rows),
            *_flat_series(self.rows, spread),
            *_leading_zeros(self.rows),
            *_outliers(self),
            *_short_series(self.rows, self.frequency),
            *_negative(self.rows, spread),
            *_unsorted(self.rows),
            *_ended_early(self.rows),
        ]


def quantiles(rows: Rows, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [S, 4]: minimum, 5 % and 95 % quantile and maximum of finite values [N]; NaN for series without any."""
    present = np.flatnonzero(np.isfinite(values))
    order = present[np.lexsort((values[present], rows.codes[present]))]
    count = np.bincount(rows.codes[order], minlength=len(rows.ids))
    result = np.full((len(rows.ids), 4), np.nan)
    known = np.flatnonzero(count)
    first, last = (np.cumsum(count) - count)[known, None], (count[known, None] - 1)
    at = first + np.round(last * np.array([0.0, 0.05, 0.95, 1.0])).astype(np.int64)
    result[known] = values[order[at]]
    return result


def _about_rows(code: str, rows: Rows, at: NDArray[np.int64], what: str, fix: str, field: str = Y) -> list[Finding]:
    """Return a finding about sorted rows, or none when there are none."""
    if len(at) == 0:
        return []
    text = f"{len(at)} of {rows.n_rows} rows {what}, first {rows.where(at[0])}."
    where = rows.series(at[0]), rows.row(at[0])
    return [Finding(code, CODES[code].severity, len(at), *where, text, fix, field, rows.places(at))]


def _about_series(code: str, rows: Rows, series: NDArray[np.int64], what: str, fix: str) -> list[Finding]:
    """Return a finding about whole series, or none when there are none."""
    if len(series) == 0:
        return []
    name, row = str(rows.ids[series[0]]), rows.row(rows.first[series[0]])
    text = f"{len(series)} of {len(rows.ids)} series {what}, first {name!r}."
    places = rows.places(rows.first[series])
    return [Finding(code, CODES[code].severity, len(series), name, row, text, fix, Y, places)]


def future_rows(rows: Rows, frequency: Frequency | None, now: np.datetime64) -> NDArray[np.int64]:
    """Return the sorted rows that lie in the future, wherever on earth a clock without a zone may hang."""
    if rows.times.dtype.kind != "M":
        return np.zeros(0, np.int64)
    is_utc = rows.timezone == UTC or (rows.timezone is not None and (frequency is None or frequency.in_utc))
    return np.flatnonzero(rows.times > (now if is_utc else now + _FARTHEST_ZONE))


def future_dates(found: Checkup) -> list[Finding]:
    """Return the finding about rows in the future."""
    rows = found.rows
    fix = "check the year and the unit; if a plan is mixed with what happened, drop those rows (`future_dates: drop`)."
    at = future_rows(rows, found.frequency, found.now)
    return _about_rows("future_dates", rows, at, f"lie after {time_text(found.now)} UTC", fix, DS)


def local_clock(found: Checkup) -> list[Finding]:
    """Return the finding about a wall clock with daylight saving: an hour twice in autumn, one missing in spring."""
    rows, frequency = found.rows, found.frequency
    if rows.timezone is not None or frequency is None or not frequency.is_subdaily:
        return []
    month = rows.times.astype("M8[M]").astype(np.int64) % 12 + 1
    is_sunday = (rows.times.astype("M8[D]").astype(np.int64) + 4) % 7 == 0  # 1970-01-01 was a Thursday
    is_early = (rows.times - rows.times.astype("M8[D]")) < np.timedelta64(4, "h")
    same, step = np.diff(rows.codes) == 0, np.diff(rows.times.astype(np.int64))
    usual = round(frequency.grid.days * 86_400_000_000)
    twice = np.flatnonzero(same & (step == 0)) + 1
    skipped = np.flatnonzero(same & (step == 3_600_000_000 + usual))
    is_autumn = is_sunday & is_early & np.isin(month, (9, 10, 11))
    is_spring = is_sunday & is_early & np.isin(month, (3, 4))
    autumn, spring = twice[is_autumn[twice]], skipped[is_spring[skipped]]
    if not (len(autumn) and len(spring)):
        return []
    what = "repeat an hour of a Sunday night in autumn, and spring skips one: a wall clock with daylight saving"
    fix = "write times with their UTC offset or in UTC; the repair averages the hour that is there twice."
    return _about_rows("local_clock", rows, autumn, what, fix, DS)


def _missing_values(rows: Rows) -> list[Finding]:
    fix = "nothing needs to be done: missing values are masked in training and forecasting."
    return _about_rows("missing_values", rows, np.flatnonzero(np.isnan(rows.y)), "have no value", fix)


def _flat_series(rows: Rows, spread: NDArray[np.float64]) -> list[Finding]:
    empty = np.flatnonzero(np.isnan(spread[:, 0]))
    constant = constant_series(rows, spread)
    return [
        *_about_series("no_values", rows, empty, "have no value at all", "leave them out."),
        *_about_series("constant", rows, constant, "never change", "forecast them by their constant."),
    ]


def constant_series(rows: Rows, spread: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the series of two rows or more that never change; `spread` as of `quantiles`."""
    return np.flatnonzero((spread[:, 0] == spread[:, 3]) & (rows.lengths > 1))


def leading_zeros(rows: Rows) -> NDArray[np.int64]:
    """Return [S] how many rows each series begins with that are zero or missing; 0 where that is nothing unusual."""
    is_start = (rows.y == 0) | np.isnan(rows.y)
    index = np.where(is_start, rows.n_rows, np.arange(rows.n_rows))
    zeros = np.minimum.reduceat(index, rows.first) - rows.first
    is_long = (zeros >= _LEAST_LEADING_ZEROS) & (zeros < rows.lengths) & (10 * zeros >= rows.lengths)
    first_zero = np.minimum.reduceat(np.where(rows.y == 0, np.arange(rows.n_rows), rows.n_rows), rows.first)
    return np.where(is_long & (first_zero < rows.first + zeros), zeros, 0)


def _leading_zeros(rows: Rows) -> list[Finding]:
    fix = "drop the rows before the series began (`leading_zeros: drop`), if the zeros stand for that."
    what = "begin with zeros over a tenth or more of their rows"
    return _about_series("leading_zeros", rows, np.flatnonzero(leading_zeros(rows)), what, fix)


def outlier_rows(rows: Rows, frequency: Frequency | None, fit: GridFit | None) -> NDArray[np.int64]:
    """Return the sorted rows whose value lies far outside the usual range of its series, seasons taken out.

    Robust: medians by phase of the shortest season, then quantiles of what is left.
    """
    period = (frequency.default_season if frequency is not None else None) or (1,)
    step = np.arange(rows.n_rows) - rows.first[rows.codes] if fit is None else fit.step
    phase = step % period[0]
    is_shown = rows.lengths >= _LEAST_SEASONS * period[0]
    group = rows.codes * period[0] + np.where(is_shown[rows.codes], phase, 0)
    values = np.where(np.isfinite(rows.y), rows.y, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        rest = values - pd.Series(values).groupby(group).transform("median").to_numpy()
        spread = quantiles(rows, rest)
        low, high = spread[:, 1], spread[:, 2]
        reach = _OUTLIER_SPANS * (high - low)
        # a series that rarely leaves one value has no span to measure outliers by
        reach = np.where((reach > 0) & (rows.lengths >= _LEAST_ROWS_FOR_OUTLIERS), reach, np.inf)
        return np.flatnonzero((rest < (low - reach)[rows.codes]) | (rest > (high + reach)[rows.codes]))


def _outliers(found: Checkup) -> list[Finding]:
    what = f"lie more than {_OUTLIER_SPANS:g} times the usual span of their series away from it, seasons taken out"
    fix = "make wrong values missing (`outliers: missing`); keep true ones."
    return _about_rows("outliers", found.rows, outlier_rows(found.rows, found.frequency, found.fit), what, fix)


def _short_series(rows: Rows, frequency: Frequency | None) -> list[Finding]:
    season = (frequency.default_season if frequency is not None else None) or (1,)
    need = max(2 * season[0], _SHORT_WITHOUT_SEASON)
    series = np.flatnonzero(rows.lengths < need)
    what = f"have fewer than {need} rows (two seasons, and at least {_SHORT_WITHOUT_SEASON})"
    fix = "bring more history; until then their forecasts lean on the other series (or say --short-series fallback)."
    return _about_series("short_series", rows, series, what, fix)


def _negative(rows: Rows, spread: NDArray[np.float64]) -> list[Finding]:
    fix = "nothing needs to be done, unless the values are counts."
    return _about_series("negative", rows, np.flatnonzero(spread[:, 0] < 0), "have negative values", fix)


def _unsorted(rows: Rows) -> list[Finding]:
    at = np.flatnonzero((np.diff(rows.codes) == 0) & (np.diff(rows.position) < 0)) + 1
    fix = "nothing needs to be done: rows are sorted when they are read."
    return _about_rows("unsorted", rows, at, "stand before an earlier row of their series", fix, DS)


def _ended_early(rows: Rows) -> list[Finding]:
    last = rows.times[rows.first + rows.lengths - 1]
    series = np.flatnonzero(last < last.max())
    fix = "nothing needs to be done: each series is forecast from its own end."
    return _about_series("ended_early", rows, series, f"end before {time_text(last.max())}, the last time", fix)
