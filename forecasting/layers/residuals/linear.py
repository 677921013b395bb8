"""Around a linear map of the lags: what the network adds to a ridge regression, as a bend is added to a line."""

from __future__ import annotations

from typing import Any

import keras

from forecasting.config import Task
from forecasting.layers.inputs import Inputs
from forecasting.layers.linear import LinearAutoregression


class Residual(keras.layers.Layer):
    """A map from context and calendar to all steps, pooled over all series; the network reads the context as it is.

    Linear maps alone are among the best long forecasts (Zeng et al. 2023, DLinear and NLinear). The kernel is 0 until
    `forecasting.training` solves it, and is not trained by gradient.

    Args:
        task: L, H and the calendar.
    """

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        sizes = (task.horizon, task.context_length, len(task.calendar), task.horizon)
        self.supports_jit = True
        self.regression = LinearAutoregression(*sizes, rescale=False, name="regression")

    def call(self, inputs: Inputs) -> tuple[Inputs, Any]:
        """Return the inputs, and the forecast [B, H]."""
        return inputs, self.regression(inputs)[:, :, 0]
