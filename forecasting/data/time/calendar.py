"""Frequencies: their names, their grids, and how one is recognised in timestamps."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset

from forecasting.data.time.grids import FixedGrid, Grid, grid_of
from forecasting.data.time.inference import alias_of_steps
from forecasting.data.time.seasons import estimate_season, season_of_cadence
from forecasting.errors import PanelError

__all__ = ["Frequency", "estimate_season", "infer_frequency"]

#: Spellings that pandas 3 no longer reads, and what they are called now.
_OLD_ALIASES = {
    "H": "h",
    "T": "min",
    "S": "s",
    "L": "ms",
    "U": "us",
    "N": "ns",
    "d": "D",
    "w": "W",
    "b": "B",
    "c": "C",
    "MIN": "min",
    "US": "us",
    "NS": "ns",
    "M": "ME",
    "Q": "QE",
    "A": "YE",
    "Y": "YE",
    "AS": "YS",
    "BM": "BME",
    "BQ": "BQE",
    "BA": "BYE",
    "BY": "BYE",
    "BAS": "BYS",
    "SM": "SME",
    "CBM": "CBME",
}
_LONGEST_STEP_DAYS = 36_525
_LARGEST_INTEGER_STEP = 2**53
_LONGEST_ALIAS = 64
#: Grids are compared over this many steps: more than any pattern of weekdays, months or leap years needs.
_COMPARED_STEPS = 60


@dataclass(frozen=True)
class Frequency:
    """The step of a grid of timestamps: a canonical pandas offset alias or an integer.

    Build one with `parse`. Times are datetime64[us] (int64 for an integer step).
    """

    alias: str | int
    grid: Grid = field(repr=False, compare=False)

    @staticmethod
    def parse(value: str | int) -> Frequency:
        """Read an alias, old spellings included, or an integer step.

        >>> Frequency.parse("H").alias, Frequency.parse("Q").alias, Frequency.parse(1).alias
        ('h', 'QE-DEC', 1)

        Raises:
            PanelError: `freq_invalid`, the value is no positive step of at least one microsecond.
        """
        if isinstance(value, str):
            return _parse_alias(value)
        is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not is_integer or not 0 < value <= _LARGEST_INTEGER_STEP:
            raise _invalid(value)
        return Frequency(int(value), FixedGrid(int(value), "integer"))

    @property
    def is_integer(self) -> bool:
        """Whether the steps are integers and not times."""
        return isinstance(self.alias, int)

    @property
    def is_subdaily(self) -> bool:
        """Whether a step is shorter than a day."""
        return not self.is_integer and self.grid.days < 1

    @property
    def in_utc(self) -> bool:
        """Whether the grid runs in UTC: steps of hours and shorter units; days and longer follow the wall clock."""
        return isinstance(self.grid, FixedGrid) and self.grid.clock == "utc"

    @property
    def default_season(self) -> tuple[int, ...] | None:
        """Seasonal periods in steps, longest last, (1,) where there is no natural one; None for integer steps."""
        return None if self.is_integer else season_of_cadence(self.grid.days)

    def steps(self, start: Any, times: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Count times in steps from `start`.

        Args:
            start: time of step 0, any shape that broadcasts with `times`.
            times: any shape.

        Returns:
            The int64 step of each time, rounded down where it lies between two, and whether it lies on the grid.
            A start that is itself no point of the grid (a Sunday of `W-TUE`) puts no time on the grid.
        """
        return self.grid.steps(self._as_times(start), self._as_times(times))

    def times(self, start: Any, steps: Any) -> NDArray[Any]:
        """Return the time that lies `steps` steps after `start`; both broadcast, steps may be negative."""
        return self.grid.times(self._as_times(start), np.asarray(steps, np.int64))

    def first_on_grid(self, start: np.datetime64) -> np.datetime64 | int:
        """Return the first time at or after `start` that can start a grid; 0 for integer steps."""
        if self.is_integer:
            return 0
        return np.datetime64(to_offset(str(self.alias)).rollforward(pd.Timestamp(start)), "us")

    def agrees(self, other: Frequency, start: Any) -> bool:
        """Whether both frequencies make the same grid from `start`, whatever they are called (`7D` and `W-SUN`)."""
        if self.is_integer or other.is_integer:
            return self.alias == other.alias
        times = self.times(start, np.arange(_COMPARED_STEPS))
        steps, on_grid = other.steps(start, times)
        return bool(on_grid.all() and self.steps(start, start)[1].all() and (steps == np.arange(len(steps))).all())

    def _as_times(self, values: Any) -> NDArray[Any]:
        return np.asarray(values, np.int64 if self.is_integer else "M8[us]")


@functools.lru_cache(maxsize=256)
def _parse_alias(value: str) -> Frequency:
    if len(value) > _LONGEST_ALIAS:
        raise _invalid(value[:_LONGEST_ALIAS])
    name, *anchor = value.strip().split("-", maxsplit=1)
    spelling = re.sub("[A-Za-z]+", lambda match: _OLD_ALIASES.get(match[0], match[0]), name)
    try:
        offset = to_offset("-".join([spelling, *(text.upper() for text in anchor)]))
    except (ValueError, OverflowError) as error:
        raise _invalid(value) from error
    grid = grid_of(offset) if offset is not None and offset.n > 0 else None
    if grid is None or offset is None or not 0 < grid.days <= _LONGEST_STEP_DAYS:
        raise _invalid(value)
    return Frequency(offset.freqstr, grid)


def _invalid(value: object) -> PanelError:
    return PanelError(
        f"`freq` must be a pandas offset alias such as 'h', '15min', 'D', 'W-SUN', 'B', 'MS' or 'QE', with a step "
        f"from a microsecond to a century, or a positive integer step. Got {value!r}. "
        "Fix: pass the alias of the step between two timestamps, or leave `freq` out to have it inferred.",
        code="freq_invalid",
        field="freq",
    )


def infer_frequency(series_codes: NDArray[np.integer[Any]], times: NDArray[Any], ids: NDArray[Any]) -> Frequency:
    """Recognise the frequency of a panel: the commonest step of each series, then the commonest of those.

    Gaps do no harm; a series with fewer than two rows has no say.

    Args:
        series_codes: [N] index into `ids` of the series of each row; rows are sorted by (series, time).
        times: [N] datetime64[us], or integers; no time twice in a series.
        ids: [S] names of the series, for the errors.

    Raises:
        PanelError: `freq_unknown`, no series has two rows; `freq_ambiguous`, two steps are equally common.
    """
    return Frequency.parse(alias_of_steps(np.asarray(series_codes, np.int64), times, ids))
