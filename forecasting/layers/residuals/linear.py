"""A linear map of the lags as base forecast: the network adds to a ridge regression what is not linear."""

from __future__ import annotations

from typing import Any

from forecasting.config.task import Task
from forecasting.layers.inputs import Inputs
from forecasting.layers.linear import LinearAutoregression
from forecasting.layers.residual import BaseForecast


class Residual(BaseForecast):
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
        self.solved = LinearAutoregression(*sizes, rescale=False, name="regression")

    @property
    def regression(self) -> LinearAutoregression:
        """The map itself."""
        return self.solved

    def call(self, inputs: Inputs) -> tuple[Inputs, Any]:
        """Return the inputs, and the forecast [B, H]."""
        return inputs, self.solved(inputs)[:, :, 0]
