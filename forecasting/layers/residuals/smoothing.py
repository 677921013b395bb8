"""Exponential smoothing as base forecast (Smyl 2020, ES-RNN): the network reads and forecasts what it leaves."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.config.task import Task
from forecasting.layers.exponential_smoothing import ExponentialSmoothing
from forecasting.layers.inputs import Inputs
from forecasting.layers.residual import BaseForecast


class Residual(BaseForecast):
    """Level and season are taken out of the context, and come back as a forecast: the level, and the season repeated.

    Args:
        task: horizon and seasons; see `period_of`.
    """

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_jit = False  # As many products as the context has seasons, each compiled apart.
        self.smoothing = ExponentialSmoothing(task.horizon, period_of(task), name="smoothing")

    def call(self, inputs: Inputs) -> tuple[Inputs, Any]:
        """Return the inputs with what is left of the context [B, L], and the forecast [B, H]."""
        left, forecast = self.smoothing(ops.cast(inputs.values, "float32"), ops.cast(inputs.observed, "float32"))
        return inputs._replace(values=left), forecast


def period_of(task: Task) -> int:
    """Return the longest season of a task that its context holds twice; 1 where it holds none.

    What was seen once is no season yet, but that year and its noise.

    >>> [period_of(Task(24, length, "h", (24, 168))) for length in (336, 335, 47)]
    [168, 24, 1]
    """
    return max((period for period in task.season if 2 * period <= task.context_length), default=1)
