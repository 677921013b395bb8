"""The times of a request as microseconds or integers: ISO 8601 and nothing else, fast where all texts look alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.problems import ErrorItem, describe, first_errors
from serving.validation import Refusal

#: What programs send, a text per line. NumPy checks months, days and hours.
PLAIN = re.compile(r"(?:\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ?)?\n)*+", re.ASCII)

#: Everything that is a time here.
ISO = re.compile(
    r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?P<offset>Z|[+-][01]\d(?::?[0-5]\d)?)?)?)?", re.ASCII
)

FIRST, END = np.datetime64("0001-01-01", "us"), np.datetime64("10000-01-01", "us")

#: Integer steps beyond it are no longer exact in JSON readers that keep numbers as floats.
LARGEST_INTEGER = 2**53

#: Microseconds in a unit, and units in a microsecond.
UNITS = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}

#: From the number of an element to the JSON pointer to it.
At = Callable[[int], str]


@dataclass(frozen=True, eq=False)
class Times:
    """Times as they were sent.

    Attributes:
        values: [n] datetime64[us], UTC where offsets were given, as sent otherwise; int64 for integer steps.
        offsets: UTC offsets found, in minutes; None where there were none.
    """

    values: NDArray[Any]
    offsets: frozenset[int] | None = None

    @property
    def is_integer(self) -> bool:
        """Whether these are integer steps."""
        return self.values.dtype.kind == "i"


def read_times(values: list[Any], at: At, unit: str | None) -> Times:
    """Read texts or integers.

    Args:
        values: what was sent.
        at: where each of them stands.
        unit: what integers count since 1970, where they stand for timestamps.

    Raises:
        Refusal: an element is no time.
    """
    if type(values[0]) is int:
        integers = read_integers(values, at)
        return Times(integers) if unit is None else Times(from_epoch(integers, at, unit), frozenset([0]))
    return read_alike(values) or read_any(values, at)


def read_alike(texts: list[Any]) -> Times | None:
    """Read texts that all look like `2026-01-31T13:00:00Z`, or all without Z; None where some do not."""
    try:
        lines = "\n".join(texts) + "\n"
    except TypeError:
        return None
    zulus = lines.count("Z")
    if zulus not in (0, len(texts)) or lines.count("\n") != len(texts) or not PLAIN.fullmatch(lines):
        return None
    try:
        values = np.array(lines.replace("Z", "").split("\n")[:-1], "M8[us]")
    except ValueError:  # a 30th of February
        return None
    return None if (values < FIRST).any() else Times(values, frozenset([0]) if zulus else None)


def read_any(texts: list[Any], at: At) -> Times:
    """Read texts one by one.

    Raises:
        Refusal: some are no times, or some have an offset and some do not.
    """
    read = [read_text(text) for text in texts]
    wrong = (
        ErrorItem(at(index), one, explain(one, texts[index])) for index, one in enumerate(read) if isinstance(one, str)
    )
    errors, total = first_errors(wrong)
    if errors:
        raise Refusal(errors, total)
    pairs = [one for one in read if not isinstance(one, str)]
    offsets = {offset for _, offset in pairs if offset is not None}
    values = np.array([local for local, _ in pairs], "M8[us]")
    if not offsets:
        return Times(values)
    naive = next((index for index, (_, offset) in enumerate(pairs) if offset is None), None)
    if naive is not None:
        text = "This time has no UTC offset, and others have one. Send all with, or all without."
        raise Refusal.of(at(naive), "mixed_offsets", text)
    shifts = np.array([offset for _, offset in pairs], "m8[m]")
    return Times(values - shifts, frozenset(offsets))


def read_text(text: Any) -> tuple[np.datetime64, int | None] | str:
    """Return the local time and the UTC offset in minutes of a text, or the code of what is wrong with it."""
    if not isinstance(text, str):
        return "timestamp_type"
    match = ISO.fullmatch(text)
    if not match:
        return "timestamp_invalid"
    offset = match["offset"]
    try:
        local = np.datetime64(text[: match.start("offset")] if offset else text, "us")
    except ValueError:
        return "timestamp_invalid"
    minutes = offset_minutes(offset) if offset else None
    instant = local - np.timedelta64(minutes or 0, "m")
    return (local, minutes) if min(local, instant) >= FIRST and max(local, instant) < END else "timestamp_invalid"


def offset_minutes(offset: str) -> int:
    """Return the minutes of a UTC offset.

    >>> offset_minutes("-05:30"), offset_minutes("+02"), offset_minutes("Z")
    (-330, 120, 0)
    """
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset[0] == "-" else 1) * (60 * int(digits[:2]) + int(digits[2:]))


def explain(code: str, value: Any) -> str:
    """Return what is wrong with a value that is no time."""
    if code == "timestamp_type":
        return f"A time must be an ISO 8601 text, or all times integers. Got {describe(value)}."
    return (
        "This is no ISO 8601 time such as 2026-01-31, 2026-01-31T13:00:00 or 2026-01-31T13:00:00+01:00, of a day and "
        f"hour that exist, in the years 1 to 9999. Got {describe(value)}."
    )


def read_integers(values: list[Any], at: At) -> NDArray[np.int64]:
    """Read integers.

    Raises:
        Refusal: some are none, or too large to be exact everywhere.
    """

    def wrong() -> Iterator[ErrorItem]:
        for index, value in enumerate(values):
            if type(value) is not int:
                text = f"The first time is an integer, so all must be. Got {describe(value)}."
                yield ErrorItem(at(index), "timestamp_type", text)
            elif abs(value) > LARGEST_INTEGER:
                text = f"An integer time must lie within {LARGEST_INTEGER} of 0."
                yield ErrorItem(at(index), "timestamp_range", text)

    errors, total = first_errors(wrong())
    if errors:
        raise Refusal(errors, total)
    return np.array(values, np.int64)


def from_epoch(integers: NDArray[np.int64], at: At, unit: str) -> NDArray[Any]:
    """Return the UTC instants of integers that count `unit` since 1970.

    Raises:
        Refusal: one lies beyond the years 1 to 9999, or between two microseconds.
    """
    times, over = UNITS[unit]
    low, high = (int(end.astype(np.int64)) * over for end in (FIRST, END))
    bad = (integers < low // times) | (integers >= high // times) | (integers % over != 0)
    if bad.any():
        index = int(np.flatnonzero(bad)[0])
        text = f"As {unit!r} since 1970 this is beyond the years 1 to 9999, or no whole microsecond. Check `unit`."
        raise Refusal.of(at(index), "timestamp_range", text)
    return (integers // over * times).astype("M8[us]")
