"""The network of an ensemble: the networks of its members side by side, averaged in original units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.data.windows import PanelArrays
from forecasting.heads.base import BaseHead
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork


class EnsembleNetwork(keras.Model):
    """From a context in original units to the weighted mean of what the members forecast.

    Medians and points are averaged, and so are the quantiles of each level (Vincentization: Vincent 1912; Ratcliff
    1979; Genest 1992), which keeps them in order. A member that gives a point moves the median and says nothing of the
    spread: the distances of the other quantiles from the median are the weighted mean over the members that have
    quantiles. A distance taken at one place and put at another could leave the bounds of the task: there it is cut.

    Answers as `ForecastNetwork` does, and has the same names where others look.

    Args:
        members: networks, each built on its own task.
        weights: [M] above 0; their sum is taken as 1.
        head: reads the outputs: `quantiles` where a member has some, else `point`. It has no part in making them.
        task: shapes and levels; its context is at least as long as that of each member.
    """

    supports_jit = False

    def __init__(
        self, members: Sequence[ForecastNetwork], weights: Sequence[float], head: BaseHead, task: Task
    ) -> None:
        super().__init__(name="ensemble", autocast=False)
        self.members = list(members)
        self.shares = np.asarray(weights, "float64") / np.sum(weights)
        self.head = head
        self.task = task
        self.draws_paths = any(member.draws_paths for member in members)
        self.has_spread = [bool(member.task.quantile_levels) for member in members]

    def build(self, *shapes: Any) -> None:
        """Do nothing: the members have made their weights."""
        self.built = True

    def adapt(self, statics: np.ndarray, arrays: PanelArrays) -> None:
        """Take means and deviations from the training rows; see `ForecastNetwork.adapt`."""
        for member in self.members:
            member.adapt(statics, arrays)

    def call(self, context: Tensor, known: Tensor, statics: Tensor = None, training: bool = False) -> Tensor:
        """Return quantiles or points [B, H, Q] (float64) in original units; arguments as for `ForecastNetwork`."""
        outputs = [self.read(member, context, known, statics) for member in self.members]
        if self.head.parameters == 1 or all(self.has_spread):
            return sum(share * output for share, output in zip(self.shares, outputs, strict=True))
        values = [member.head.value(output)[..., None] for member, output in zip(self.members, outputs, strict=True)]
        median = sum(share * value for share, value in zip(self.shares, values, strict=True))
        parts = zip(self.shares, outputs, values, self.has_spread, strict=True)
        spread = sum(share * (output - value) for share, output, value, has in parts if has)
        return self.within_bounds(median + spread / self.shares[self.has_spread].sum())

    def read(self, member: ForecastNetwork, context: Tensor, known: Tensor, statics: Tensor) -> Tensor:
        """Return what a member forecasts [B, H, Q'] from the last rows of the context, as many as it reads."""
        older = self.task.context_length - member.task.context_length
        return ops.cast(member(context[:, older:], known[:, older:], statics), "float64")

    def within_bounds(self, values: Tensor) -> Tensor:
        """Return values [B, H, Q] cut where they leave the bounds of the task."""
        lower, upper = self.task.lower, self.task.upper
        values = values if lower is None else ops.maximum(values, lower)
        return values if upper is None else ops.minimum(values, upper)
