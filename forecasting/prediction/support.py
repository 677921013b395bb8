"""The support of a forecast: the numbers that can happen at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import Task


@dataclass(frozen=True)
class Support:
    """The numbers between two bounds, or the whole ones among them.

    Attributes:
        lower: nothing lies below; -inf where nothing is said.
        upper: nothing lies above; inf where nothing is said.
        is_whole: whether only whole numbers can happen.
    """

    lower: float
    upper: float
    is_whole: bool

    @classmethod
    def of(cls, task: Task, counts: bool) -> Self:
        """Return the support of a task; that of counts begins at 0."""
        lower = 0.0 if counts else task.lower
        return cls(-np.inf if lower is None else lower, np.inf if task.upper is None else task.upper, counts)

    def nearest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest possible number to each value [...]."""
        return np.clip(np.rint(values) if self.is_whole else values, self.lower, self.upper)

    def outwards(self, quantiles: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64]:
        """Return quantiles [..., Q'] at `levels` as possible numbers, whole ones away from the median.

        What is cut off holds nothing that could happen, so coverage stays.
        """
        if self.is_whole:
            asked = np.asarray(levels)
            below, above = np.floor(quantiles), np.ceil(quantiles)
            quantiles = np.where(asked < 0.5, below, np.where(asked > 0.5, above, np.rint(quantiles)))
        return np.clip(quantiles, self.lower, self.upper)
