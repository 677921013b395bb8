"""Zones: from the times of a request to the clock its grid runs on, and from forecast times back to texts."""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.calendar import Frequency
from forecasting.data.panel import Panel
from forecasting.data.zones import UTC, regular_wall_clock, to_utc
from forecasting.errors import PanelError
from serving.timestamps import At, Times
from serving.validation import Refusal

#: Names in the time zone database that mean something else on every machine, or nothing.
NO_ZONES = {"localtime", "Factory", "posixrules"}


@functools.lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Return the names that `timezone` may have."""
    return frozenset(zoneinfo.available_timezones() - NO_ZONES)


def require_zone(name: str) -> str:
    """Return the name of a zone.

    Raises:
        Refusal: there is no such zone.
    """
    if name not in known_zones():
        text = "This must be the name of a zone in the IANA database, such as Europe/Berlin or UTC."
        raise Refusal.of("/timezone", "timezone_unknown", text)
    return name


def on_clock(times: Times, frequency: Frequency, zone: str | None, at: At) -> NDArray[Any]:
    """Return times on the clock of a panel: UTC for hours and shorter, the zone's wall clock for days and longer.

    Args:
        times: as sent.
        frequency: of the panel.
        zone: name of the panel's zone; None for naive times and integers.
        at: where each time stands in the body.

    Raises:
        Refusal: `nonexistent_time` or `ambiguous_time` in the zone.
    """
    if zone is None:
        return times.values
    if times.offsets is not None:
        # UTC's wall clock is UTC
        return times.values if zone == UTC or frequency.in_utc else regular_wall_clock(times.values, zone)
    if not frequency.in_utc or zone == UTC:
        return times.values
    refuse_ambiguous(times.values, zone, at)
    try:
        return to_utc(times.values, zone)
    except PanelError as error:
        text = "This time does not exist in the zone: its clock skips it. Send times with their UTC offset."
        raise Refusal.of(at(error.row or 0), error.code, text) from error


def refuse_ambiguous(times: NDArray[Any], zone: str, at: At) -> None:
    """Raise a `Refusal` when the clock of the zone shows one of the times twice."""
    tz = zoneinfo.ZoneInfo(zone)
    for index, time in enumerate(times.tolist()):
        first = time.replace(tzinfo=tz)
        second = first.replace(fold=1)
        # the later offset is smaller where the clock goes back; where it skips, it is larger
        if second.utcoffset() < first.utcoffset():
            text = "The clock of the zone shows this time twice. Send times with their UTC offset."
            raise Refusal.of(at(index), "ambiguous_time", text)


def to_texts(panel: Panel, times: NDArray[Any]) -> list[list[Any]]:
    """Return times of a panel as they stand in an answer.

    Args:
        panel: whose clock the times are on.
        times: [S, H].

    Returns:
        S lists of H texts in the panel's zone, or of integers.
    """
    if panel.frequency.is_integer:
        return times.tolist()
    if panel.timezone in (None, UTC):
        unit: Any = "us" if (times.astype(np.int64) % 1_000_000).any() else "s"
        zone: Any = "naive" if panel.timezone is None else "UTC"
        return np.datetime_as_string(times, unit, timezone=zone).tolist()
    instants: list[datetime.datetime] = panel.to_output(times).to_pydatetime().tolist()
    texts = [instant.isoformat() for instant in instants]
    width = times.shape[1]
    return [texts[start : start + width] for start in range(0, len(texts), width)]
