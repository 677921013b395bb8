"""The checks that a frame must pass to become a panel: the one place where they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.columns import find_columns, read_ids, read_y
from forecasting.data.checks.findings import NAMED_PLACES, Finding, RowPlace
from forecasting.data.checks.grid_checks import GridFit, check_grid, fit_grid
from forecasting.data.checks.rows import Rows
from forecasting.data.checks.symbols import read_symbols, unknown_symbols
from forecasting.data.checks.timestamps import TimeColumn, read_times
from forecasting.data.time.calendar import Frequency, infer_frequency
from forecasting.data.time.zones import regular_wall_clock
from forecasting.errors import PanelError
from forecasting.schema import DS, UNIQUE_ID, Y

#: A median step above this is one of days, which are counted on the wall clock.
_LONG_STEP = 20 * 3_600_000_000


@dataclass(frozen=True)
class Checked:
    """A frame after the checks.

    Attributes:
        findings: errors first come first; none means that `rows` and `frequency` make a panel.
        rows: the readable rows, sorted by series and time; None when the columns cannot be read.
        frequency: given or inferred; None when it could not be.
        fit: the rows on the grid of `frequency`.
        names: the caller's names of the columns `unique_id`, `ds` and `y`.
    """

    findings: list[Finding]
    rows: Rows | None = None
    frequency: Frequency | None = None
    fit: GridFit | None = None
    names: dict[str, str] = field(default_factory=dict)

    @property
    def runs_in_utc(self) -> bool:
        """Whether the times of `rows` are UTC, if they have a zone at all, and not the zone's wall clock."""
        return self.frequency is None or self.frequency.in_utc

    def passed(self, repairable: frozenset[str] = frozenset()) -> tuple[Rows, Frequency, GridFit]:
        """Return the rows, their frequency and grid.

        Raises:
            PanelError: the first error whose code is not among `repairable`.
        """
        for finding in self.findings:
            if finding.severity == "error" and finding.code not in repairable:
                raise finding.to_error()
        if self.rows is None or self.frequency is None or self.fit is None:
            raise PanelError("No row has both an id and a time. Fix: check the file.", code="empty")
        return self.rows, self.frequency, self.fit


def check_frame(
    frame: Any, freq: str | int | None = None, symbols: tuple[str, ...] = (), covariates: Sequence[str] = ()
) -> Checked:
    """Run every error-level check on a long frame.

    Args:
        frame: columns `ds`, `y` and perhaps `unique_id`, or their other spellings; rows in any order.
        freq: the frequency; None infers it.
        symbols: the alphabet of a target that holds symbols; none for numbers.
        covariates: other columns that somebody reads.
    """
    names, findings = find_columns(frame, covariates)
    if findings:
        return Checked(findings)
    if len(frame) == 0:
        fix = "check the query or the file that made it."
        return Checked([Finding("empty", "error", 1, None, None, "The frame has no rows.", fix)])
    times = read_times(frame[names[DS]])
    target = frame[names[Y]]
    y, findings = read_symbols(target, symbols) if symbols else read_y(target)
    findings = [*times.findings, *findings]
    if any(finding.severity == "error" for finding in findings):
        return Checked(findings)
    codes, ids = read_ids(frame, names.get(UNIQUE_ID))
    findings += _unreadable_rows(codes, ids, times)
    rows = _sorted_rows(codes, ids, times, y)
    findings += _infinite(rows) + unknown_symbols(rows, target, symbols)
    findings += _duplicates(rows)
    return replace(_check_times(rows, freq, findings), names=names)


def _check_times(rows: Rows, freq: str | int | None, findings: list[Finding]) -> Checked:
    if rows.n_rows == 0:
        return Checked(findings, rows)
    try:
        frequency = resolve_frequency(rows, freq)
    except PanelError as error:
        message, _, fix = str(error).partition(" Fix: ")
        finding = Finding(error.code, "error", 1, error.series, None, message, fix, error.field)
        return Checked([*findings, finding], rows)
    rows = on_clock(rows, frequency)
    fit = fit_grid(rows, frequency)
    return Checked(findings + check_grid(rows, frequency, fit), rows, frequency, fit)


def resolve_frequency(rows: Rows, freq: str | int | None) -> Frequency:
    """Return the given frequency, or the inferred one.

    Raises:
        PanelError: `freq_invalid`, `freq_ambiguous`, `freq_unknown`, or `freq_mismatch` when one of `freq` and `ds`
            is made of integers and the other is not.
    """
    if freq is None:
        times = rows.times
        if rows.timezone is not None and _median_step(rows) > _LONG_STEP:
            times = regular_wall_clock(times, rows.timezone)
        return infer_frequency(rows.codes, times, rows.ids)
    frequency = Frequency.parse(freq)
    if frequency.is_integer != (rows.times.dtype.kind != "M"):
        has = "timestamps" if frequency.is_integer else "integers"
        wanted = "an offset alias such as freq='h'" if frequency.is_integer else "an integer such as freq=1"
        raise PanelError(
            f"Column {DS!r} holds {has}, and `freq` is {freq!r}. Fix: pass {wanted}.",
            code="freq_mismatch",
            field="freq",
        )
    return frequency


def _median_step(rows: Rows) -> float:
    steps = np.diff(rows.times.astype(np.int64))[np.diff(rows.codes) == 0]
    return float(np.median(steps)) if len(steps) else 0.0


def on_clock(rows: Rows, frequency: Frequency) -> Rows:
    """Return the rows on the clock that the frequency runs on: the zone's wall clock for days and longer steps."""
    if rows.timezone is None or frequency.in_utc:
        return rows
    return replace(rows, times=regular_wall_clock(rows.times, rows.timezone))


def _sorted_rows(codes: NDArray[np.int64], ids: NDArray[Any], times: TimeColumn, y: NDArray[np.float64]) -> Rows:
    """Return the rows that have an id and a time, sorted by both; ids without rows are left out."""
    usable = (codes >= 0) & ~times.missing & ~times.unreadable
    row, code, time = np.flatnonzero(usable), codes, times.values
    if len(row) < len(codes):
        code, time, y = code[row], time[row], y[row]
    same = code[1:] == code[:-1]
    if not bool(((code[1:] > code[:-1]) | (same & (time[1:] >= time[:-1]))).all()):
        order = np.lexsort((time, code))
        row, code, time, y = row[order], code[order], time[order], y[order]
    used = np.flatnonzero(np.bincount(code, minlength=len(ids)))
    if len(used) < len(ids):
        code = np.searchsorted(used, code)
    return Rows(ids[used], code, time, y, row, times.timezone)


def _unreadable_rows(codes: NDArray[np.int64], ids: NDArray[Any], times: TimeColumn) -> list[Finding]:
    checks = (
        ("ds_dtype", times.unreadable, DS, "is no ISO-8601 time between the years 1 and 9999, in whole microseconds,"),
        ("ds_missing", times.missing, DS, "is missing"),
        ("id_missing", codes < 0, UNIQUE_ID, "is missing"),
    )
    fixes = {
        "ds_dtype": "convert the column with pd.to_datetime(..., format=...).",
        "ds_missing": "drop these rows or give them a time; `forecast check DATA --fix OUT` drops them.",
        "id_missing": "drop these rows or give them an id; `forecast check DATA --fix OUT` drops them.",
    }
    findings = []
    for code, mask, column, what in checks:
        at = np.flatnonzero(mask)
        if len(at):
            series = str(ids[codes[at[0]]]) if codes[at[0]] >= 0 else None
            where = f"row {at[0]}" + (f", series {series!r}" if series is not None else "")
            text = f"Column {column!r} {what} in {len(at)} rows, first in {where}."
            found = [
                RowPlace(str(ids[codes[one]]) if codes[one] >= 0 else None, int(one), None) for one in at[:NAMED_PLACES]
            ]
            findings.append(
                Finding(code, "error", len(at), series, int(at[0]), text, fixes[code], column, tuple(found))
            )
    return findings


def _infinite(rows: Rows) -> list[Finding]:
    at = np.flatnonzero(np.isinf(rows.y))
    if len(at) == 0:
        return []
    text = f"Column {Y!r} is infinite in {len(at)} rows, first in {rows.where(at[0])}."
    fix = "replace infinite values, or make them missing (`forecast check DATA --fix OUT` does)."
    return [Finding("y_infinite", "error", len(at), rows.series(at[0]), rows.row(at[0]), text, fix, Y, rows.places(at))]


def _duplicates(rows: Rows) -> list[Finding]:
    codes, times = rows.codes, rows.times
    at = np.flatnonzero((codes[1:] == codes[:-1]) & (times[1:] == times[:-1])) + 1
    if len(at) == 0:
        return []
    where = f"{rows.where(at[0])} at {rows.time(at[0])}"
    text = f"{len(at)} rows repeat the time of another row of their series, first {where}."
    fix = (
        "keep one row per series and time (`forecast check DATA --fix OUT` averages them); "
        "an hour shown twice when clocks go back needs times with a UTC offset."
    )
    series, row = rows.series(at[0]), rows.row(at[0])
    return [Finding("duplicate_timestamp", "error", len(at), series, row, text, fix, DS, rows.places(at))]
