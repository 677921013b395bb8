"""The data audit: what keeps a frame from being forecast, what deserves a look, and the repairs for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.calendar import Frequency
from forecasting.data.checks import Checked, check_frame
from forecasting.data.findings import Finding, Severity
from forecasting.data.repair import fix
from forecasting.data.rows import Rows, time_text
from forecasting.data.zones import to_caller
from forecasting.schema import UNIQUE_ID, Y

__all__ = ["Audit", "Finding", "audit", "fix"]

#: Values farther than this many spans (5 % to 95 % quantile) outside the span of their series are outliers.
_OUTLIER_SPANS = 5.0
_LEAST_ROWS_FOR_OUTLIERS = 20
_LEAST_LEADING_ZEROS = 3
_SHORT_WITHOUT_SEASON = 4


@dataclass(frozen=True, eq=False)
class Audit:
    """The outcome of `audit`.

    Attributes:
        findings: errors first.
        frequency: given or inferred; None when it could not be.
        n_series: series that have at least one readable row.
        n_rows: rows of the frame.
        per_series: one row per series: `unique_id, rows, start, end, missing, gaps, min, max, mean`; `missing` counts
            missing values and `gaps` the missing timestamps.
    """

    findings: tuple[Finding, ...]
    frequency: Frequency | None
    n_series: int
    n_rows: int
    per_series: pd.DataFrame

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep the frame from becoming a panel."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_dict(self) -> dict[str, Any]:
        """Return the audit without the table per series, ready for JSON."""
        return {
            "ok": not self.errors,
            "frequency": None if self.frequency is None else self.frequency.alias,
            "n_series": self.n_series,
            "n_rows": self.n_rows,
            "findings": [finding.to_dict() for finding in self.findings],
        }


def audit(frame: pd.DataFrame, freq: str | int | None = None) -> Audit:
    """Check a long frame, and never raise for what is in it.

    `Panel.from_frame` runs the same checks and raises the first of the errors. Codes of errors: `not_a_frame`,
    `missing_column`, `duplicate_column`, `empty`, `y_dtype`, `y_infinite`, `ds_dtype`, `ds_missing`, `id_missing`,
    `duplicate_timestamp`, `freq_invalid`, `freq_unknown`, `freq_ambiguous`, `freq_mismatch`, `off_grid`,
    `missing_timestamps`; of warnings: `mixed_time_zones`, `missing_values`, `no_values`, `constant`, `leading_zeros`,
    `outliers`, `short_series`; for information: `negative`, `ended_early`.

    Args:
        frame: as for `Panel.from_frame`.
        freq: pandas offset alias or integer step; None infers it.
    """
    checked = check_frame(frame, freq)
    rows = checked.rows
    findings = list(checked.findings)
    if rows is not None and rows.n_rows:
        findings += _warnings(rows, checked.frequency)
    findings.sort(key=lambda finding: ("error", "warning", "info").index(finding.severity))
    n_series = 0 if rows is None else len(rows.ids)
    n_rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
    return Audit(tuple(findings), checked.frequency, n_series, n_rows, _per_series(checked))


def _per_series(checked: Checked) -> pd.DataFrame:
    rows, fit = checked.rows, checked.fit
    if rows is None or rows.n_rows == 0:
        return pd.DataFrame(columns=[UNIQUE_ID, "rows", "start", "end", "missing", "gaps", "min", "max", "mean"])
    n_series, first = len(rows.ids), rows.first
    gap_after, gap_size = (fit.gap_after, fit.gap_size) if fit is not None else (np.zeros(0, np.int64),) * 2
    present = np.isfinite(rows.y)
    count = np.bincount(rows.codes, present, n_series)
    total = np.bincount(rows.codes, np.where(present, rows.y, 0.0), n_series)
    lowest = np.minimum.reduceat(np.where(present, rows.y, np.inf), first)
    highest = np.maximum.reduceat(np.where(present, rows.y, -np.inf), first)
    has_values = count > 0
    return pd.DataFrame(
        {
            UNIQUE_ID: rows.ids,
            "rows": rows.lengths,
            "start": to_caller(rows.times[first], rows.timezone, checked.runs_in_utc),
            "end": to_caller(rows.times[first + rows.lengths - 1], rows.timezone, checked.runs_in_utc),
            "missing": np.bincount(rows.codes, np.isnan(rows.y), n_series).astype(np.int64),
            "gaps": np.bincount(rows.codes[gap_after], gap_size, n_series).astype(np.int64),
            "min": np.where(has_values, lowest, np.nan),
            "max": np.where(has_values, highest, np.nan),
            "mean": np.where(has_values, total / np.maximum(count, 1), np.nan),
        }
    )


def _warnings(rows: Rows, frequency: Frequency | None) -> list[Finding]:
    spread = _quantiles(rows)
    return [
        *_missing_values(rows),
        *_flat_series(rows, spread),
        *_leading_zeros(rows),
        *_outliers(rows, spread),
        *_short_series(rows, frequency),
        *_negative(rows, spread),
        *_ended_early(rows),
    ]


def _quantiles(rows: Rows) -> NDArray[np.float64]:
    """Return [S, 4]: minimum, 5 % and 95 % quantile and maximum of the observed values; NaN for series without any."""
    present = np.flatnonzero(np.isfinite(rows.y))
    order = present[np.lexsort((rows.y[present], rows.codes[present]))]
    count = np.bincount(rows.codes[order], minlength=len(rows.ids))
    result = np.full((len(rows.ids), 4), np.nan)
    known = np.flatnonzero(count)
    first, last = (np.cumsum(count) - count)[known, None], (count[known, None] - 1)
    at = first + np.round(last * np.array([0.0, 0.05, 0.95, 1.0])).astype(np.int64)
    result[known] = rows.y[order[at]]
    return result


def _about_rows(code: str, severity: Severity, rows: Rows, at: NDArray[np.int64], what: str, fix: str) -> list[Finding]:
    """Return a finding about sorted rows, or none when there are none."""
    if len(at) == 0:
        return []
    text = f"{len(at)} of {rows.n_rows} rows {what}, first {rows.where(at[0])}."
    return [Finding(code, severity, len(at), rows.series(at[0]), rows.row(at[0]), text, fix, Y)]


def _about_series(
    code: str, severity: Severity, rows: Rows, series: NDArray[np.int64], what: str, fix: str
) -> list[Finding]:
    """Return a finding about whole series, or none when there are none."""
    if len(series) == 0:
        return []
    name, row = str(rows.ids[series[0]]), rows.row(rows.first[series[0]])
    text = f"{len(series)} of {len(rows.ids)} series {what}, first {name!r}."
    return [Finding(code, severity, len(series), name, row, text, fix, Y)]


def _missing_values(rows: Rows) -> list[Finding]:
    fix = "nothing needs to be done: missing values are masked in training and forecasting."
    return _about_rows("missing_values", "warning", rows, np.flatnonzero(np.isnan(rows.y)), "have no value", fix)


def _flat_series(rows: Rows, spread: NDArray[np.float64]) -> list[Finding]:
    empty = np.flatnonzero(np.isnan(spread[:, 0]))
    constant = np.flatnonzero((spread[:, 0] == spread[:, 3]) & (rows.lengths > 1))
    return [
        *_about_series("no_values", "warning", rows, empty, "have no value at all", "leave them out."),
        *_about_series("constant", "warning", rows, constant, "never change", "forecast them by their constant."),
    ]


def _leading_zeros(rows: Rows) -> list[Finding]:
    is_start = (rows.y == 0) | np.isnan(rows.y)
    index = np.where(is_start, rows.n_rows, np.arange(rows.n_rows))
    zeros = np.minimum.reduceat(index, rows.first) - rows.first
    series = np.flatnonzero((zeros >= _LEAST_LEADING_ZEROS) & (zeros < rows.lengths) & (10 * zeros >= rows.lengths))
    is_zero = np.add.reduceat(rows.y == 0, rows.first, dtype=np.int64) > 0
    fix = "drop the rows before the series began, if the zeros stand for that."
    what = "begin with zeros over a tenth or more of their rows"
    return _about_series("leading_zeros", "warning", rows, series[is_zero[series]], what, fix)


def _outliers(rows: Rows, spread: NDArray[np.float64]) -> list[Finding]:
    low, high = spread[:, 1], spread[:, 2]
    reach = _OUTLIER_SPANS * (high - low)
    # a series that rarely leaves one value has no span to measure outliers by
    reach = np.where((reach > 0) & (rows.lengths >= _LEAST_ROWS_FOR_OUTLIERS), reach, np.inf)
    far = (rows.y < (low - reach)[rows.codes]) | (rows.y > (high + reach)[rows.codes])
    what = f"lie more than {_OUTLIER_SPANS:g} times the usual span of their series away"
    fix = "make wrong values missing; keep true ones."
    return _about_rows("outliers", "warning", rows, np.flatnonzero(far & np.isfinite(rows.y)), what, fix)


def _short_series(rows: Rows, frequency: Frequency | None) -> list[Finding]:
    season = (frequency.default_season if frequency is not None else None) or (1,)
    need = max(2 * season[0], _SHORT_WITHOUT_SEASON)
    series = np.flatnonzero(rows.lengths < need)
    what = f"have fewer than {need} rows (two seasons, and at least {_SHORT_WITHOUT_SEASON})"
    fix = "bring more history; until then their forecasts lean on the other series."
    return _about_series("short_series", "warning", rows, series, what, fix)


def _negative(rows: Rows, spread: NDArray[np.float64]) -> list[Finding]:
    series = np.flatnonzero(spread[:, 0] < 0)
    fix = "nothing needs to be done, unless the values are counts."
    return _about_series("negative", "info", rows, series, "have negative values", fix)


def _ended_early(rows: Rows) -> list[Finding]:
    last = rows.times[rows.first + rows.lengths - 1]
    series = np.flatnonzero(last < last.max())
    fix = "nothing needs to be done: each series is forecast from its own end."
    return _about_series("ended_early", "info", rows, series, f"end before {time_text(last.max())}, the last time", fix)
