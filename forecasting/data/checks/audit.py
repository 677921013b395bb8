"""The data audit: what keeps a frame from being forecast and what deserves a look, as findings and by series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting.data.checks.checks import Checked, check_frame
from forecasting.data.checks.findings import Finding
from forecasting.data.checks.repair import fix
from forecasting.data.checks.soft_checks import Checkup, constant_series, outlier_rows, quantiles
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.zones import to_caller
from forecasting.schema import UNIQUE_ID

__all__ = ["Audit", "Finding", "audit", "fix"]

#: Columns of the table with one row per series.
PER_SERIES = (
    UNIQUE_ID,
    "rows",
    "start",
    "end",
    "missing",
    "missing_share",
    "gaps",
    "duplicates",
    "zeros",
    "outliers",
    "constant",
    "min",
    "max",
    "mean",
)


@dataclass(frozen=True, eq=False)
class Audit:
    """The outcome of `audit`.

    Attributes:
        findings: errors first.
        frequency: given or inferred; None when it could not be.
        n_series: series that have at least one readable row.
        n_rows: rows of the frame.
        per_series: one row per series, columns `PER_SERIES`: `missing` counts missing values, `gaps` the missing
            timestamps, and `missing_share` both among the rows that there should be.
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

    def series_records(self) -> list[dict[str, Any]]:
        """Return the table per series, ready for JSON: times as text, None for what there is not."""
        table = self.per_series.astype(object).where(self.per_series.notna(), None)
        for name in ("start", "end"):
            table[name] = [one.isoformat() if hasattr(one, "isoformat") else one for one in table[name]]
        return [{str(name): plain(value) for name, value in record.items()} for record in table.to_dict("records")]


def plain(value: Any) -> Any:
    """Return a NumPy number as one of Python's."""
    return value.item() if isinstance(value, np.generic) else value


def audit(frame: pd.DataFrame, freq: str | int | None = None, now: np.datetime64 | str | None = None) -> Audit:
    """Check a long frame, and never raise for what is in it.

    `Panel.from_frame` runs the checks for errors too, and raises the first of them.
    `forecasting.data.checks.codes` lists every code.

    Args:
        frame: as for `Panel.from_frame`.
        freq: pandas offset alias or integer step; None infers it.
        now: rows after this time (UTC) lie in the future; the clock's by default.
    """
    checked = check_frame(frame, freq)
    rows = checked.rows
    findings = list(checked.findings)
    if rows is not None and rows.n_rows:
        findings += Checkup(rows, checked.frequency, moment(now), checked.fit).findings()
    findings.sort(key=lambda finding: ("error", "warning", "info").index(finding.severity))
    n_series = 0 if rows is None else len(rows.ids)
    n_rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
    return Audit(tuple(findings), checked.frequency, n_series, n_rows, _per_series(checked))


def moment(now: np.datetime64 | str | None) -> np.datetime64:
    """Return a time in UTC, microseconds; that of the clock, in whole seconds, where none is given."""
    return np.datetime64("now", "us") if now is None else np.datetime64(str(now), "us")


def _per_series(checked: Checked) -> pd.DataFrame:
    rows, fit = checked.rows, checked.fit
    if rows is None or rows.n_rows == 0:
        return pd.DataFrame(columns=list(PER_SERIES))
    n_series, first = len(rows.ids), rows.first
    gap_after, gap_size = (fit.gap_after, fit.gap_size) if fit is not None else (np.zeros(0, np.int64),) * 2
    present = np.isfinite(rows.y)
    spread = quantiles(rows, rows.y)

    def count(mask: np.ndarray, codes: np.ndarray = rows.codes) -> np.ndarray:
        return np.bincount(codes, mask, n_series).astype(np.int64)

    repeats = np.append(False, (np.diff(rows.codes) == 0) & (np.diff(rows.times.astype(np.int64)) == 0))
    is_outlier = np.zeros(rows.n_rows, bool)
    is_outlier[outlier_rows(rows, checked.frequency, fit)] = True
    missing, gaps = count(np.isnan(rows.y)), count(gap_size, rows.codes[gap_after])
    observed = np.bincount(rows.codes, present, n_series)
    with np.errstate(over="ignore"):
        total = np.bincount(rows.codes, np.where(present, rows.y, 0.0), n_series)
    columns = [
        rows.ids,
        rows.lengths,
        to_caller(rows.times[first], rows.timezone, checked.runs_in_utc),
        to_caller(rows.times[first + rows.lengths - 1], rows.timezone, checked.runs_in_utc),
        missing,
        (missing + gaps) / (rows.lengths + gaps),
        gaps,
        count(repeats),
        count(rows.y == 0),
        count(is_outlier),
        np.isin(np.arange(n_series), constant_series(rows, spread)),
        spread[:, 0],
        spread[:, 3],
        np.where(observed > 0, total / np.maximum(observed, 1), np.nan),
    ]
    return pd.DataFrame(dict(zip(PER_SERIES, columns, strict=True)))
