"""Bounds of a forecast as a smooth, monotone link: nothing that is forecast leaves them, whatever was learnt."""

from __future__ import annotations

from dataclasses import dataclass

from keras import ops

from forecasting.config.task import Task
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

#: How near to a bound the link begins to bend, in standard deviations of the context.
SOFTNESS = 0.05


@dataclass(frozen=True)
class Link:
    """Maps all numbers into [lower, upper]; what is further from a bound than the width w stays as it is.

    With d the distance from the bound inwards, a nearer value, and one beyond it, is put at the distance
    w^2 / (2 w - d): the curve and its slope go on from the straight line at d = w, and far beyond the bound the slope
    falls with the square of the distance only, so a network that begins there still learns. w is `softness` times
    the standard deviation of the window, and never more than half of the way between two bounds. With a softness of
    0 what is beyond a bound lies on it: right for models that learn nothing through the link, whose forecasts of
    values at the bound stay exact.

    Attributes:
        lower: in original units, or None.
        upper: in original units, or None.
        softness: w in standard deviations of the context.
    """

    lower: float | None
    upper: float | None
    softness: float

    @classmethod
    def of(cls, task: Task, softness: float = SOFTNESS) -> Link | None:
        """Return the link of a task's bounds; None where there are none."""
        if task.lower is None and task.upper is None:
            return None
        return cls(task.lower, task.upper, softness)

    def __call__(self, values: Tensor, scaled: Scaled) -> Tensor:
        """Return values [B, S] or [B, S, Q] (original units, float64) within the bounds, in the same order."""
        width = ops.reshape(self.softness * scaled.spread, (-1, *[1] * (len(values.shape) - 1)))
        if self.lower is not None and self.upper is not None:
            width = ops.minimum(width, (self.upper - self.lower) / 2)
        if self.lower is not None:
            distance = values - self.lower
            values = ops.where(distance >= width, values, self.lower + bent(distance, width))
        if self.upper is not None:
            distance = self.upper - values
            values = ops.where(distance >= width, values, self.upper - bent(distance, width))
        return values


def bent(distance: Tensor, width: Tensor) -> Tensor:
    """Return w^2 / (2 w - d), from 0 to w, for distances d below w; no term of it overflows where w is tiny."""
    safe = ops.where(width > 0, width, ops.ones_like(width))
    return width / (2.0 - ops.minimum(distance, width) / safe)
