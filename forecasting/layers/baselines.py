"""The forecasts that learn nothing, as layers: gathers and straight lines, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from forecasting.layers.core import Core
from forecasting.layers.inputs import Inputs
from forecasting.layers.scaling import last_observed
from forecasting.layers.tensor import Tensor


class Naive(Core):
    """Repeats the last observed value; 0 where nothing was observed."""

    def __init__(self, horizon: int, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return [B, H, 1]."""
        values, observed = inputs.values, inputs.observed
        return ops.repeat(last_observed(values, observed), self.horizon, axis=1)[:, :, None]


class Drift(Core):
    """Continues the line through the first and the last observed value of the context."""

    def __init__(self, horizon: int, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return [B, H, 1]."""
        values, observed = inputs.values, inputs.observed
        length = values.shape[1]
        position = ops.arange(length, dtype="float64")
        last = ops.max(ops.where(observed > 0, position, -1.0), axis=1, keepdims=True)
        first = ops.min(ops.where(observed > 0, position, float(length)), axis=1, keepdims=True)
        rise = last_observed(values, observed) - last_observed(ops.flip(values, axis=1), ops.flip(observed, axis=1))
        slope = ops.where(last > first, rise / ops.maximum(last - first, 1.0), ops.zeros_like(rise))
        ahead = length - 1 - ops.maximum(last, 0.0) + ops.arange(1, self.horizon + 1, dtype="float64")
        return (last_observed(values, observed) + slope * ahead)[:, :, None]


class SeasonalNaive(Core):
    """Repeats the last season; a missing value is taken from the season before, or is the last observed one.

    Args:
        horizon: H.
        period: steps of the season, at most L.
    """

    def __init__(self, horizon: int, period: int, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon
        self.period = period

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return [B, H, 1]."""
        values, observed = inputs.values, inputs.observed
        length = values.shape[1]
        season = ops.repeat(last_observed(values, observed), self.period, axis=1)  # [B, period]
        for back in range(length // self.period, 0, -1):
            rows = slice(length - back * self.period, length - (back - 1) * self.period)
            season = ops.where(observed[:, rows] > 0, values[:, rows], season)
        return ops.take(season, np.arange(self.horizon) % self.period, axis=1)[:, :, None]
