"""Zones: from the times of a request to the clock of its panel, and from forecast times back to texts."""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecasting.data.grammar.iso import UTC
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.zones import regular_wall_clock, to_utc
from forecasting.errors import PanelError
from serving.http.refusals import Refusal
from serving.request.timestamps import Times

#: Names in the time zone database that mean something else on every machine, or nothing.
NO_ZONES = {"localtime", "Factory", "posixrules"}

#: Folders of it that hold the same zones again, the second one with leap seconds.
TWIN_FOLDERS = ("posix/", "right/")


@functools.lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether `timezone` may be called so: a name in the IANA database."""
    if name in NO_ZONES or name.startswith(TWIN_FOLDERS):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # ValueError: a path, or a file that is no zone
        return False
    return True


def require_zone(name: str) -> str:
    """Return the name of a zone.

    Raises:
        Refusal: there is no such zone.
    """
    if not is_zone(name):
        text = "This must be the name of a zone in the IANA database, such as Europe/Berlin or UTC."
        raise Refusal.of(("timezone",), "timezone_unknown", text)
    return name


def to_panel_clock(times: Times, frequency: Frequency, zone: str | None) -> NDArray[Any]:
    """Return times on the clock of a panel: UTC for hours and shorter, the zone's wall clock for days and longer.

    Args:
        times: as sent.
        frequency: of the panel.
        zone: name of the panel's zone; None for naive times and integers.

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
    refuse_ambiguous(times, zone)
    try:
        return to_utc(times.values, zone)
    except PanelError as error:
        text = "This time does not exist in the zone: its clock skips it. Send times with their UTC offset."
        raise Refusal.of(times.field.at(error.row or 0), error.code, text) from error


def refuse_ambiguous(times: Times, zone: str) -> None:
    """Raise a `Refusal` when the clock of the zone shows one of the times twice."""
    tz = zoneinfo.ZoneInfo(zone)
    for row, time in enumerate(times.values.tolist()):
        first = time.replace(tzinfo=tz)
        second = first.replace(fold=1)
        # the later offset is smaller where the clock goes back; where it skips, it is larger
        if second.utcoffset() < first.utcoffset():
            text = "The clock of the zone shows this time twice. Send times with their UTC offset."
            raise Refusal.of(times.field.at(row), "ambiguous_time", text)


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
        unit: Literal["us", "s"] = "us" if (times.astype(np.int64) % 1_000_000).any() else "s"
        zone: Literal["naive", "UTC"] = "naive" if panel.timezone is None else "UTC"
        return np.datetime_as_string(times, unit, timezone=zone).tolist()
    instants: list[datetime.datetime] = panel.to_output(times).to_pydatetime().tolist()
    texts = [instant.isoformat() for instant in instants]
    width = times.shape[1]
    return [texts[start : start + width] for start in range(0, len(texts), width)]
