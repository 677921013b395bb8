"""Around the seasonal naive forecast: what the network adds to the last season, repeated."""

from __future__ import annotations

from typing import Any

import keras

from forecasting.config import Task
from forecasting.layers.baselines import SeasonalNaive
from forecasting.layers.inputs import Inputs
from forecasting.layers.residuals import period_of


class Residual(keras.layers.Layer):
    """The network reads the context as it is.

    Args:
        task: horizon and seasons; see `period_of`.
    """

    regression = None

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.naive = SeasonalNaive(task.horizon, period_of(task), name="naive")

    def call(self, inputs: Inputs) -> tuple[Inputs, Any]:
        """Return the inputs, and the forecast [B, H]."""
        return inputs, self.naive(inputs)[:, :, 0]
