"""The one grammar of times at every door: ISO 8601 texts in whole microseconds, and integer steps."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.grammar.words import BLANKS

UTC = "UTC"

#: Times lie from the first of these on and before the second.
FIRST, END = np.datetime64("0001-01-01", "us"), np.datetime64("10000-01-01", "us")

#: Integer steps beyond it are no longer exact where numbers are floats, as in JSON and in many tables.
LARGEST_INTEGER = 2**53

#: What to do about integers that are larger.
HOW_TO_WRITE_INTEGERS = "give larger ones as timestamps, such as 2026-01-31T13:00:00"

#: Where all is text, a column of these is one of integer steps; Arrow's decimals have as many digits.
INTEGER = r"-?[0-9]{1,38}"

_OFFSET = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"

_ISO = re.compile(
    r"\d{4}-\d\d(?:-\d\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,](?P<decimals>\d{1,9}))?)?"
    rf" ?(?P<offset>{_OFFSET})?)?)?",
    re.ASCII,
)

#: The offset at the end of a text, looked for after the minutes.
_ENDING, _MINUTES_END = re.compile(rf"{_OFFSET}\Z", re.ASCII), len("2026-01-31T13:05")

#: What programs write, a time per line, without an offset. NumPy checks months, days and hours. What is matched is
#: never given back (`?+`), which is a third faster.
_PLAIN_LINES = re.compile(r"(?:\d\d\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6}+)?+)?+)?+\n)*+", re.ASCII)


@dataclass(frozen=True, eq=False)
class IsoTimes:
    """N texts, read as times.

    Attributes:
        values: [N] datetime64[us]: UTC where a text has an offset, as written where it has none, NaT where it is no
            time.
        offsets: the UTC offsets of the times, in minutes; None stands for those without one.
    """

    values: NDArray[Any]
    offsets: frozenset[int | None]

    @property
    def is_mixed(self) -> bool:
        """Whether some times have a UTC offset and some have none."""
        return None in self.offsets and len(self.offsets) > 1


def read_iso(texts: Sequence[str]) -> IsoTimes:
    """Read texts as ISO 8601 times: a month, a day, or a time of day with or without a UTC offset.

    `2026-01`, `2026-01-31`, `2026-01-31T13:05`, `2026-01-31 13:05:06.25+05:30`: a space stands for the T, a comma for
    the point, and blanks around count for nothing. A second has up to 9 decimals, zeros from the seventh on.

    Raises:
        TypeError: an element is no text.
    """
    return _read_alike(texts) or _read_each(texts)


def offset_of(text: str) -> int | None:
    """Return the UTC offset of an ISO 8601 text in minutes; None where it has none.

    >>> offset_of("2026-01-31T13:00-05:30"), offset_of("2026-01-31T13:00 +02"), offset_of("2026-01-31")
    (-330, 120, None)
    """
    match = _ISO.fullmatch(text.strip(BLANKS))
    return _minutes(match["offset"]) if match and match["offset"] else None


def offset_zone(minutes: int) -> str:
    """Return the name of the zone that has a fixed UTC offset.

    >>> offset_zone(-330), offset_zone(0)
    ('UTC-05:30', 'UTC')
    """
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"UTC{sign}{size // 60:02d}:{size % 60:02d}" if minutes else UTC


def why_no_time(text: str) -> str:
    """Return what is wrong with a text that is no time here, as the end of a sentence.

    >>> why_no_time("2026-01-31T13:00:00.1234567")
    'is finer than a microsecond: write up to 6 decimals of a second, or zeros after them'
    """
    if _is_too_fine(_ISO.fullmatch(text.strip(BLANKS))):
        return "is finer than a microsecond: write up to 6 decimals of a second, or zeros after them"
    return (
        "is no ISO 8601 time such as 2026-01-31, 2026-01-31T13:00:00 or 2026-01-31T13:00:00+01:00, of a day and hour "
        "that exist, in the years 1 to 9999"
    )


def integers_in(texts: Sequence[str]) -> list[int] | None:
    """Return the integers that texts write; None where one of them writes none.

    >>> integers_in(["7", " -3"]), integers_in(["7", "7.5"])
    ([7, -3], None)
    """
    if all(re.fullmatch(INTEGER, text.strip(BLANKS)) for text in texts):
        return [int(text) for text in texts]
    return None


def _read_alike(texts: Sequence[str]) -> IsoTimes | None:
    """Read texts that all have a date and the offset of the first one; None where some do not."""
    if not len(texts):
        return None
    ending = _ENDING.search(texts[0], _MINUTES_END)
    offset = ending[0] if ending else ""
    lines = "\n".join(texts) + "\n"
    if offset:
        if lines.count(f"{offset}\n") != len(texts):
            return None
        lines = lines.replace(f"{offset}\n", "\n")
    if lines.count("\n") != len(texts) or not _PLAIN_LINES.fullmatch(lines):
        return None
    try:
        values = np.array(lines.split("\n")[:-1], "M8[us]")
    except ValueError:  # a 30th of February
        return None
    minutes = _minutes(offset) if offset else None
    if not minutes:  # four digits write no year after 9999
        return IsoTimes(values, frozenset([minutes])) if (values >= FIRST).all() else None
    instants = values - np.timedelta64(minutes, "m")
    return IsoTimes(instants, frozenset([minutes])) if _are_inside(values, instants).all() else None


def _read_each(texts: Sequence[str]) -> IsoTimes:
    """Read texts of any form; see `read_iso`."""
    matches = [_ISO.fullmatch(text.strip(BLANKS)) for text in texts]
    values = _to_microseconds([_local_text(match) for match in matches])
    minutes = [_minutes(match["offset"]) if match and match["offset"] else None for match in matches]
    instants = values - np.array([one or 0 for one in minutes], "m8[m]")
    are_inside = _are_inside(values, instants)
    instants[~are_inside] = np.datetime64("NaT")
    return IsoTimes(instants, frozenset(one for one, inside in zip(minutes, are_inside, strict=True) if inside))


def _are_inside(local: NDArray[Any], instants: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which times [N] lie in the years 1 to 9999, as they are written and in UTC."""
    return (np.minimum(local, instants) >= FIRST) & (np.maximum(local, instants) < END)


def _local_text(match: re.Match[str] | None) -> str:
    """Return what a matched text writes without its offset, as NumPy reads it; NaT where it cannot be held."""
    if match is None or _is_too_fine(match):
        return "NaT"
    if match["decimals"]:
        return f"{match.string[: match.start('decimals') - 1]}.{match['decimals'][:6]}"
    return match.string[: match.start("offset")].rstrip(BLANKS) if match["offset"] else match.string


def _is_too_fine(match: re.Match[str] | None) -> bool:
    """Whether a matched text says something between two microseconds."""
    return match is not None and bool((match["decimals"] or "")[6:].strip("0"))


def _to_microseconds(texts: list[str]) -> NDArray[Any]:
    """Return texts as NumPy reads them, NaT where there is no such day or hour."""
    try:
        return np.array(texts, "M8[us]")
    except ValueError:
        return np.array([_to_microsecond(text) for text in texts], "M8[us]")


def _to_microsecond(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "us")
    except ValueError:
        return np.datetime64("NaT", "us")


@functools.lru_cache(maxsize=4096)
def _minutes(offset: str) -> int:
    """Return the minutes of a UTC offset: Z, +01, +0100 or +01:00."""
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset[0] == "-" else 1) * (60 * int(digits[:2]) + int(digits[2:]))
