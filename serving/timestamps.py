"""The times of a request as microseconds or integers: ISO 8601 and nothing else, fast where all texts look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.iso import END, FIRST, HOW_TO_WRITE_INTEGERS, LARGEST_INTEGER, offset_of, read_iso, why_no_time
from serving.problems import MAX_ERRORS, ErrorItem, describe, first_errors
from serving.validation import Refusal

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
    return read_texts(values, at)


def read_texts(values: list[Any], at: At) -> Times:
    """Read ISO 8601 texts.

    Raises:
        Refusal: some are none, or some have a UTC offset and some do not.
    """
    read = read_iso([value if isinstance(value, str) else "" for value in values])
    wrong = np.flatnonzero(np.isnat(read.values))
    if len(wrong):
        raise Refusal([no_time(values[row], at(int(row))) for row in wrong[:MAX_ERRORS]], len(wrong))
    if read.is_mixed:
        naive = next(row for row, text in enumerate(values) if offset_of(text) is None)
        text = "This time has no UTC offset, and others have one. Send all with, or all without."
        raise Refusal.of(at(naive), "mixed_offsets", text)
    offsets = frozenset(minutes for minutes in read.offsets if minutes is not None)
    return Times(read.values, offsets or None)


def no_time(value: Any, place: str) -> ErrorItem:
    """Return what is wrong with a value that is no time."""
    if not isinstance(value, str):
        text = f"A time must be an ISO 8601 text, or all times integers. Got {describe(value)}."
        return ErrorItem(place, "timestamp_type", text)
    return ErrorItem(place, "timestamp_invalid", f"This {why_no_time(value)}. Got {describe(value)}.")


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
                text = f"An integer time must lie within {LARGEST_INTEGER} of 0. Fix: {HOW_TO_WRITE_INTEGERS}."
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
