"""The border of a frame: its `ds` column as microseconds or integers, with a finding for what cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.findings import Finding, column_error
from forecasting.data.grammar.iso import END, FIRST, HOW_TO_WRITE_INTEGERS, LARGEST_INTEGER, offset_zone, read_iso
from forecasting.data.time.zones import UTC, zone_name
from forecasting.schema import DS

_HOW_TO_PARSE = (
    "convert it with pd.to_datetime(..., format=...), write ISO-8601 (2026-01-31T13:00:00), or use integers."
)


@dataclass(frozen=True)
class TimeColumn:
    """The `ds` column, read.

    Attributes:
        values: [N] datetime64[us] (UTC where the caller gave a zone) or int64; undefined where missing or unreadable.
        missing: [N] no time was given.
        unreadable: [N] a time was given and means nothing.
        timezone: name of the caller's zone; None for naive times and integers.
        findings: what is wrong with the column as a whole.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    timezone: str | None = None
    findings: list[Finding] = field(default_factory=list)


def read_times(column: pd.Series) -> TimeColumn:
    """Read a `ds` column of datetimes, dates, ISO-8601 strings or integers."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        column = column.astype(dtype.categories.dtype)
    elif isinstance(dtype, pd.ArrowDtype):
        column = column.astype("Int64" if dtype.kind in "iu" else object)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _from_instants(column.dt.tz_convert(UTC).dt.tz_localize(None), zone_name(column.dtype.tz))
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return _from_instants(column, None)
    if pd.api.types.is_integer_dtype(column.dtype):
        return _from_integers(column)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "string":
        return _from_text(column)
    if kind in ("datetime", "date", "datetime64"):
        return _from_objects(column)
    if kind == "integer":
        return _from_integers(column.astype("Int64"))
    if kind == "empty":
        return _from_instants(column.astype("M8[us]"), None)
    return _refused(len(column), f"Got {column.dtype if column.dtype != object else kind}.")


def _refused(n_rows: int, got: str, fix: str = _HOW_TO_PARSE) -> TimeColumn:
    text = f"Column {DS!r} must hold timestamps, ISO-8601 strings or integer steps. {got}"
    none = np.zeros(n_rows, bool)
    return TimeColumn(np.zeros(n_rows, np.int64), none, none, None, [column_error("ds_dtype", DS, text, fix)])


def _from_instants(column: pd.Series, zone: str | None) -> TimeColumn:
    raw = column.to_numpy()
    values = raw.astype("M8[us]")
    missing = np.isnat(values)
    unreadable = ~missing & ((values < FIRST) | (values >= END))
    if np.datetime_data(raw.dtype)[0] == "ns":
        unreadable |= ~missing & (raw.astype(np.int64) % 1000 != 0)
    return TimeColumn(values, missing, unreadable, zone)


def _from_integers(column: pd.Series) -> TimeColumn:
    missing = column.isna().to_numpy(bool)
    if bool(((column > LARGEST_INTEGER) | (column < -LARGEST_INTEGER)).any()):
        return _refused(len(column), f"Got integers beyond {LARGEST_INTEGER}.", f"{HOW_TO_WRITE_INTEGERS}.")
    return TimeColumn(column.to_numpy(np.int64, na_value=0), missing, np.zeros(len(column), bool))


def _from_text(column: pd.Series) -> TimeColumn:
    """Read ISO-8601 strings; each distinct string is read once."""
    codes, texts = pd.factorize(column)
    read = read_iso(texts.tolist())
    if read.is_mixed:
        return _refused(len(column), "Got some times with a UTC offset and some without.")
    values = np.append(read.values, np.datetime64("NaT"))[codes]  # factorize says -1 for missing: this last entry
    missing = codes < 0
    zone, findings = _common_zone({offset_zone(minutes) for minutes in read.offsets if minutes is not None})
    return TimeColumn(values, missing, np.isnat(values) & ~missing, zone, findings)


def _common_zone(names: set[str]) -> tuple[str | None, list[Finding]]:
    """Return the one zone of a column; several zones are read as UTC, with a warning."""
    if len(names) <= 1:
        return next(iter(names), None), []
    got = ", ".join(sorted(names)[:4])
    text = f"Column {DS!r} mixes {len(names)} time zones ({got}); they are read as UTC."
    fix = "convert the column to one zone, for example .dt.tz_convert('Europe/Berlin'), if days are local days."
    return UTC, [Finding("mixed_time_zones", "warning", len(names), None, None, text, fix, DS)]


def _from_objects(column: pd.Series) -> TimeColumn:
    """Read a column of Python dates and datetimes."""
    present = column[column.notna()]
    zones = {getattr(value, "tzinfo", None) for value in present}
    if None in zones and len(zones) > 1:
        return _refused(len(column), "Got some times with a time zone and some without.")
    zone, findings = _common_zone({zone_name(zone) for zone in zones if zone is not None})
    instants = pd.to_datetime(column, utc=True, errors="coerce").dt.tz_localize(None)
    read = _from_instants(instants, zone)
    missing = column.isna().to_numpy(bool)
    return TimeColumn(read.values, missing, read.unreadable | (read.missing & ~missing), zone, findings)
