"""The rows of a long frame as sorted arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.findings import NAMED_PLACES, RowPlace


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows sorted by series and time.

    Attributes:
        ids: [S] names of the series, sorted; each has at least one row.
        codes: [N] series of each row.
        times: [N] datetime64[us] or int64.
        y: [N] float64, NaN where missing.
        position: [N] row of the caller's frame.
        timezone: name of the caller's zone, or None.
    """

    ids: NDArray[Any]
    codes: NDArray[np.int64]
    times: NDArray[Any]
    y: NDArray[np.float64]
    position: NDArray[np.int64]
    timezone: str | None

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.codes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[S] rows of each series."""
        return np.bincount(self.codes, minlength=len(self.ids)).astype(np.int64)

    @property
    def first(self) -> NDArray[np.int64]:
        """[S] index of the first row of each series."""
        return np.cumsum(self.lengths) - self.lengths

    def series(self, index: int | np.int64) -> str:
        """Return the id of the series of one of the sorted rows."""
        return str(self.ids[self.codes[index]])

    def row(self, index: int | np.int64) -> int:
        """Return where one of the sorted rows stands in the caller's frame."""
        return int(self.position[index])

    def where(self, index: int | np.int64) -> str:
        """Return one of the sorted rows in words."""
        return f"row {self.row(index)} (series {self.series(index)!r})"

    def time(self, index: int | np.int64) -> str:
        """Return the time of one of the sorted rows in words, on the clock that the rows are on."""
        return time_text(self.times[index])

    def places(self, at: NDArray[np.int64]) -> tuple[RowPlace, ...]:
        """Return where the first few of some sorted rows are."""
        return tuple(RowPlace(self.series(one), self.row(one), self.time(one)) for one in at[:NAMED_PLACES])


def time_text(time: Any) -> str:
    """Return a time as short as it is exact, or an integer step.

    >>> time_text(np.datetime64("2026-01-31T13:00", "us")), time_text(np.int64(7))
    ('2026-01-31T13:00', '7')
    """
    return str(np.datetime_as_string(time, unit="auto")) if time.dtype.kind == "M" else str(time)
