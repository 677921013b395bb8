"""The times of a series in a request as microseconds or integer steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecasting.data.grammar.iso import (
    END,
    FIRST,
    HOW_TO_WRITE_INTEGERS,
    LARGEST_INTEGER,
    offset_of,
    read_iso,
    why_no_time,
)
from serving.http.refusals import MAX_ERRORS, ErrorItem, Pointer, Refusal, json_type, refuse_any

#: What integers count since 1970, where they stand for timestamps.
Unit = Literal["s", "ms", "us", "ns"]

#: Microseconds in a unit, and units in a microsecond.
UNITS: dict[Unit, tuple[int, int]] = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}


@dataclass(frozen=True)
class TimesField:
    """The field that holds the times of a series: `ds` one for each row, `start` that of the first row alone.

    Attributes:
        pointer: to the field.
        is_start: whether it is `start`.
    """

    pointer: Pointer
    is_start: bool

    def at(self, row: int) -> Pointer:
        """Return the pointer to the time of a row."""
        return self.pointer if self.is_start else (*self.pointer, row)


@dataclass(frozen=True, eq=False)
class Times:
    """Times as they were sent.

    Attributes:
        values: [n] datetime64[us], UTC where offsets were given, as sent otherwise; int64 for integer steps. Of a
            series that has `start`, only the first.
        field: where they stand.
        offsets: UTC offsets found, in minutes; None where there were none.
    """

    values: NDArray[Any]
    field: TimesField
    offsets: frozenset[int] | None = None

    @property
    def is_integer(self) -> bool:
        """Whether these are integer steps."""
        return self.values.dtype.kind == "i"


def parse_times(values: list[Any], field: TimesField, unit: Unit | None) -> Times:
    """Read JSON values as times, by `forecasting.data.grammar.iso`.

    Args:
        values: at least one.
        field: where they stand.
        unit: what integers count since 1970, where they stand for timestamps.

    Raises:
        Refusal: an element is no time.
    """
    if type(values[0]) is not int:
        return parse_texts(values, field)
    integers = parse_integers(values, field)
    return Times(integers, field) if unit is None else Times(from_epoch(integers, field, unit), field, frozenset([0]))


def parse_texts(values: list[Any], field: TimesField) -> Times:
    """Read ISO 8601 texts.

    Raises:
        Refusal: some are none, or some have a UTC offset and some do not.
    """
    try:
        read = read_iso(values)
    except TypeError:  # some are no texts: as good as texts that are no times
        read = read_iso([value if isinstance(value, str) else "" for value in values])
    is_wrong = np.isnat(read.values)
    if is_wrong.any():
        wrong = np.flatnonzero(is_wrong).tolist()
        raise Refusal([no_time(values[row], field.at(row)) for row in wrong[:MAX_ERRORS]], len(wrong))
    if read.is_mixed:
        naive = next(row for row, text in enumerate(values) if offset_of(text) is None)
        text = "This time has no UTC offset, and others have one. Send all with, or all without."
        raise Refusal.of(field.at(naive), "mixed_offsets", text)
    offsets = frozenset(minutes for minutes in read.offsets if minutes is not None)
    return Times(read.values, field, offsets or None)


def no_time(value: Any, pointer: Pointer) -> ErrorItem:
    """Return what is wrong with a value that is no time."""
    if not isinstance(value, str):
        text = f"A time must be an ISO 8601 text, or all times integers. Got {json_type(value)}."
        return ErrorItem(pointer, "timestamp_type", text)
    return ErrorItem(pointer, "timestamp_invalid", f"This {why_no_time(value)}. Got {json_type(value)}.")


def parse_integers(values: list[Any], field: TimesField) -> NDArray[np.int64]:
    """Read integers.

    Raises:
        Refusal: some are none, or too large to be exact everywhere.
    """
    refuse_any(wrong_integers(values, field))
    return np.array(values, np.int64)


def wrong_integers(values: list[Any], field: TimesField) -> Iterator[ErrorItem]:
    """Yield an item for each element that is no integer time."""
    for row, value in enumerate(values):
        if type(value) is not int:
            text = f"The first time is an integer, so all must be. Got {json_type(value)}."
            yield ErrorItem(field.at(row), "timestamp_type", text)
        elif abs(value) > LARGEST_INTEGER:
            text = f"An integer time must lie within {LARGEST_INTEGER} of 0; {HOW_TO_WRITE_INTEGERS}."
            yield ErrorItem(field.at(row), "timestamp_range", text)


def from_epoch(integers: NDArray[np.int64], field: TimesField, unit: Unit) -> NDArray[Any]:
    """Return the UTC instants of integers that count `unit` since 1970.

    Raises:
        Refusal: one lies beyond the years 1 to 9999, or between two microseconds.
    """
    times, over = UNITS[unit]
    low, high = (int(end.astype(np.int64)) * over for end in (FIRST, END))
    bad = (integers < low // times) | (integers >= high // times) | (integers % over != 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        text = f"As {unit!r} since 1970 this is beyond the years 1 to 9999, or no whole microsecond. Check `unit`."
        raise Refusal.of(field.at(row), "timestamp_range", text)
    return (integers // over * times).astype("M8[us]")
