"""Origins: the last observed rows that forecasts start from, wherever windows are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Origins:
    """The origins of W windows: a forecast begins one step after each.

    Attributes:
        series: [W] number of each window's series.
        steps: [W] step of its last observed row, counted from the first row of the series.
    """

    series: NDArray[np.int64]
    steps: NDArray[np.int64]

    @classmethod
    def at_ends(cls, lengths: NDArray[np.int64]) -> Self:
        """Return the last rows of series of `lengths` [S] rows, one origin each."""
        return cls(np.arange(len(lengths)), lengths - 1)

    def __len__(self) -> int:
        """W."""
        return len(self.series)

    def __getitem__(self, chosen: Any) -> Origins:
        """Return some of the origins: by a slice, a mask [W] or positions."""
        return Origins(self.series[chosen], self.steps[chosen])

    def later(self, rows: int) -> Origins:
        """Return origins so many rows further on."""
        return Origins(self.series, self.steps + rows)


@dataclass(frozen=True, eq=False)
class RollingOrigins:
    """The origins of a backtest, several for each series.

    Attributes:
        origins: W of them, sorted by series and time.
        window: [W] number of the window, 0 the earliest; the last one is that of every series.
    """

    origins: Origins
    window: NDArray[np.int64]

    def __len__(self) -> int:
        """W."""
        return len(self.origins)

    def __getitem__(self, chosen: Any) -> RollingOrigins:
        """Return some of them, as those of `Origins`."""
        return RollingOrigins(self.origins[chosen], self.window[chosen])

    def ends(self, series: int, window: int | None = None) -> NDArray[np.int64]:
        """Return how many rows [S] are known at the first origin of each of S series, or at the origin of one window.

        A series that has no such origin has none: nothing of it may be learnt before it is scored.
        """
        chosen = self.origins if window is None else self.origins[self.window == window]
        ends = np.zeros(series, np.int64)
        latest_first = chosen[np.argsort(-chosen.steps, kind="stable")]
        ends[latest_first.series] = latest_first.steps + 1
        return ends
