"""One number per step: the median, by the absolute error."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.config import Task
from forecasting.errors import ConfigError
from forecasting.heads._numbers import TrainedNumbers


class Head(TrainedNumbers):
    """Reads one raw number per step as the forecast itself, in scaled units; P = Q = 1.

    Args:
        task: must have no quantile levels and no symbols.
        link: see `NumberHead`.

    Raises:
        ConfigError: there are quantile levels, or symbols.
    """

    def __init__(self, task: Task, link: Any = None, **kwargs: Any) -> None:
        super().__init__(task, link, (0.5,), **kwargs)
        if task.quantile_levels:
            raise ConfigError(
                f"A point head has no quantiles. Got quantile_levels={task.quantile_levels}. Use head='quantiles'.",
                field="quantile_levels",
            )

    def raw_of(self, numbers: Any) -> Any:
        """Return the raw numbers behind scaled numbers [B, S, 1]: themselves."""
        return numbers

    def loss(self, raw: Any, scaled: Any, target: Any) -> Any:
        """Return |target - forecast|, in scaled units, as [B, S]."""
        return ops.abs(self.errors(raw, scaled, target)[..., 0])
