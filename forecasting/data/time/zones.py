"""Conversions between UTC and the wall clock of a time zone, on NumPy arrays of microseconds."""

from __future__ import annotations

import datetime
import functools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.grammar.iso import UTC
from forecasting.data.time.grids import MICROSECONDS_PER_DAY, split_day
from forecasting.errors import PanelError
from forecasting.schema import DS


def zone_name(zone: datetime.tzinfo) -> str:
    """Return a name that finds the same zone again: an IANA name, `UTC` or `UTC+01:00`.

    A zone that has no such name (a zone file read by path) is named `UTC`: instants stay right, wall clocks are UTC's.
    """
    name = getattr(zone, "key", None) or getattr(zone, "zone", None) or str(zone)
    try:
        check_zone(name)
    except PanelError:
        return UTC
    return str(name)


@functools.lru_cache(maxsize=1024)
def check_zone(name: str) -> None:
    """Raise a `PanelError` (code `timezone_unknown`) unless `name` is a time zone of this machine's database."""
    try:
        pd.DatetimeIndex(np.zeros(1, "M8[us]")).tz_localize(name)
    except Exception as error:  # each zone library raises its own: KeyError, ValueError, OSError, TypeError
        raise PanelError(
            f"`timezone` must be a known zone such as 'Europe/Berlin' or 'UTC'. Got {name!r}.",
            code="timezone_unknown",
            field="timezone",
        ) from error


def to_wall_clock(times: NDArray[Any], zone: str) -> NDArray[Any]:
    """Return what a clock on the wall of `zone` shows at each instant.

    Args:
        times: datetime64[us] of any shape, UTC.
        zone: name of the zone.

    Returns:
        datetime64[us] of the same shape, without a zone.
    """
    if zone == UTC:
        return times
    local = pd.DatetimeIndex(times.ravel()).tz_localize(UTC).tz_convert(zone).tz_localize(None)
    return local.to_numpy().astype("M8[us]").reshape(times.shape)


def localise(times: NDArray[Any], zone: str) -> pd.DatetimeIndex:
    """Return the instants at which a clock in `zone` shows `times`, as an index in that zone.

    A wall-clock time that the clock skips becomes the first one after the gap; one that it shows twice, the first.

    Args:
        times: datetime64[us] of any shape, wall clock; flattened.
        zone: name of the zone.
    """
    naive = pd.DatetimeIndex(times.ravel())
    return naive.tz_localize(zone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward")


def to_utc(times: NDArray[Any], zone: str) -> NDArray[Any]:
    """Return the UTC instants at which a clock in `zone` shows `times`; of an hour shown twice, the first.

    Args:
        times: datetime64[us] of any shape, wall clock.
        zone: name of the zone.

    Raises:
        PanelError: `nonexistent_time`, the clock of the zone never shows one of the times.
    """
    instants = localise(times, zone).tz_convert(UTC).tz_localize(None).to_numpy().astype("M8[us]").reshape(times.shape)
    skipped = to_wall_clock(instants, zone) != times
    if skipped.any():
        row = int(np.flatnonzero(skipped)[0])
        raise PanelError(
            f"Time {times.ravel()[row]} (row {row}) does not exist in {zone!r}: the clock skips it. "
            "Fix: send the times in UTC, or with their UTC offset.",
            code="nonexistent_time",
            row=row,
            field=DS,
        )
    return instants


def regular_wall_clock(times: NDArray[Any], zone: str, examples: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the wall clock of daily and longer steps: as `to_wall_clock`, with skipped times put back.

    Where clocks skip midnight, a daily series at midnight has 01:00 on that day; it is read as midnight again. The
    usual time of the day is what most times show; where all show the same, it is midnight if that was skipped in all.

    Args:
        times: [N] datetime64[us], UTC.
        zone: name of the zone.
        examples: datetime64[us], wall-clock times that say what is usual, such as those of the history of a future.
    """
    wall = to_wall_clock(times, zone)
    day, clock = split_day(wall)
    clocks, counts = np.unique(clock if examples is None else split_day(examples)[1], return_counts=True)
    is_lone = examples is None and len(clocks) == 1
    usual = 0 if is_lone or len(clocks) == 0 else clocks[counts.argmax()]
    odd = np.flatnonzero(clock != usual)
    meant = (day[odd] * MICROSECONDS_PER_DAY + usual).astype("M8[us]")
    shown = localise(meant, zone).tz_convert(UTC).tz_localize(None).to_numpy().astype("M8[us]")
    skipped = shown == times[odd]
    if is_lone and not skipped.all():
        return wall
    wall[odd[skipped]] = meant[skipped]
    return wall


def to_caller(times: NDArray[Any], zone: str | None, in_utc: bool) -> Any:
    """Return times as the caller knows them: an index in the caller's zone, naive times and integers as they are.

    Args:
        times: datetime64[us] or integers; flattened.
        zone: name of the caller's zone, or None.
        in_utc: whether the times are UTC, and not the zone's wall clock.
    """
    if times.dtype.kind != "M":
        return times.ravel()
    if zone is None:
        return pd.DatetimeIndex(times.ravel())
    return pd.DatetimeIndex(times.ravel()).tz_localize(UTC).tz_convert(zone) if in_utc else localise(times, zone)
