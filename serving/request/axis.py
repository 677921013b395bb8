"""The time axis that all series of a request lie on: its step, its zone, and which times it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.grammar.iso import END, FIRST, LARGEST_INTEGER
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.grids import MICROSECONDS_PER_DAY
from serving.http.refusals import Pointer, Refusal
from serving.request.caveats import Caveat
from serving.request.timestamps import Times

#: Between these no arithmetic with calendars can leave the years 1 to 9999.
SAFE_FIRST, SAFE_END = np.datetime64("0100-01-01", "us"), np.datetime64("9800-01-01", "us")


@dataclass(frozen=True)
class TimeAxis:
    """The axis.

    Attributes:
        frequency: as asked for, or the model's own.
        trained: the model's own.
        zone: name of the zone; None for naive times and integers.
        horizon: steps ahead that must still be times.
        max_rows: rows that a series may have.
        caveats: what the answer says about every series.
    """

    frequency: Frequency
    trained: Frequency
    zone: str | None
    horizon: int
    max_rows: int
    caveats: tuple[Caveat, ...] = ()

    def require_kind(self, times: Times) -> None:
        """Raise a `Refusal` when integers meet a frequency of times, or times an integer frequency."""
        if times.is_integer == self.frequency.is_integer:
            return
        if self.frequency.is_integer:
            text = (
                "The steps are integers, as `freq` or the model says. Send integers in `ds` or `start`, without `unit`."
            )
            raise Refusal.of(times.field.at(0), "timestamp_type", text)
        text = "Integers stand for timestamps only with `unit`: 's', 'ms', 'us' or 'ns' since 1970. Add it."
        raise Refusal.of(times.field.at(0), "unit_missing", text)

    def require_model_frequency(self, start: Any) -> None:
        """Raise a `Refusal` when the frequency asked for makes another grid from `start` than the model's."""
        if self.frequency.alias != self.trained.alias and not self.frequency.agrees(self.trained, start):
            text = f"The model forecasts steps of {self.trained.alias!r}. Send such a series, and leave `freq` out."
            raise Refusal.of(("freq",), "freq_mismatch", text)

    def require_span(self, times: NDArray[Any], pointer: Pointer) -> None:
        """Raise a `Refusal` when times span far more steps than a series may have: a wrong `freq` or `unit`."""
        span = int(times[-1].astype(np.int64)) - int(times[0].astype(np.int64))
        steps = span // self.step if self.frequency.is_integer else span / self.step
        if steps > 2 * self.max_rows:
            text = (
                f"From the first to the last time there are about {steps:.0f} steps; a series may have {self.max_rows} "
                "rows. Check `freq` and `unit`, or send the latest rows."
            )
            raise Refusal.of(pointer, "history_too_long", text)

    def require_future(self, start: Any, rows: int, pointer: Pointer) -> None:
        """Raise a `Refusal` when the last step ahead of a series is no time any more."""
        steps = rows + self.horizon
        if self.frequency.is_integer:
            if int(start) + steps * self.step > LARGEST_INTEGER:
                raise out_of_range(pointer)
            return
        estimate = int(start.astype(np.int64)) + steps * self.step
        if start >= SAFE_FIRST and estimate < int(SAFE_END.astype(np.int64)):
            return
        is_far = estimate > 2 * int(END.astype(np.int64))
        if is_far or not FIRST <= self.frequency.times(start, np.array([steps]))[0] < END:
            raise out_of_range(pointer)

    @property
    def step(self) -> float:
        """The mean length of a step in microseconds, or the integer step."""
        if isinstance(self.frequency.alias, int):
            return self.frequency.alias
        return self.frequency.grid.days * MICROSECONDS_PER_DAY


def out_of_range(pointer: Pointer) -> Refusal:
    """Return the refusal of a series that leaves the years 1 to 9999, or the exact integers."""
    text = f"This series or its forecast leaves the years 1 to 9999, or the integers within {LARGEST_INTEGER} of 0."
    return Refusal.of(pointer, "timestamp_range", text)
