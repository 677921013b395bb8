"""What the heads of real series share."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config import Task
from forecasting.errors import ConfigError

#: Scaled errors end here: float32 would make the sum of more, squared, an infinity.
LARGEST_ERROR = 1e15


class NumberHead(keras.layers.Layer):
    """Base of the heads whose outputs are numbers; one of them, at the position `median`, stands for the step.

    Args:
        task: says whether there are symbols, which there must not be.
        link: keeps numbers within the bounds of the task; None where there are none.
        levels: [Q] quantile levels of the outputs.

    Attributes:
        is_distribution: whether there is a likelihood, and a value can be drawn.
        is_whole: whether all outputs are whole numbers.
        degree: the loss grows with this power of the errors.

    Raises:
        ConfigError: the task is one of symbols.
    """

    is_distribution = False
    is_whole = False
    degree = 1
    draw_options: tuple[str, ...] = ()
    parameters: int

    def __init__(self, task: Task, link: Any, levels: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if task.symbols:
            raise ConfigError("This head forecasts numbers. Got symbols. Use head='categorical'.", field="head")
        self.link = link
        self.levels = np.asarray(levels)
        self.median = levels.index(0.5)

    def bounded(self, values: Any, scaled: Any) -> Any:
        """Return values [B, S] or [B, S, Q] in original units within the bounds of the task."""
        return values if self.link is None else self.link(values, scaled)

    def value(self, outputs: Any) -> Any:
        """Return the median [...] of outputs [..., Q]."""
        return outputs[..., self.median]

    def error(self, target: Any, value: Any) -> Any:
        """Return |target - value| [...]."""
        return ops.abs(target - value)


class TrainedNumbers(NumberHead):
    """Base of the heads whose raw numbers are made into the outputs themselves, by a loss of their errors."""

    def __init__(self, task: Task, link: Any, levels: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(task, link, levels, **kwargs)
        self.parameters = len(levels)

    def call(self, raw: Any, scaled: Any) -> Any:
        """Turn raw [B, S, Q] into outputs [B, S, Q] in original units."""
        return self.bounded(scaled.original(self.numbers(raw)), scaled)

    def numbers(self, raw: Any) -> Any:
        """Return the scaled numbers [B, S, Q] of raw ones, before the bounds: themselves."""
        return raw

    def moved(self, raw: Any, forecast: Any) -> Any:
        """Return raw numbers [B, S, Q] whose outputs lie further on by a forecast [B, S] in scaled units."""
        return moved_at(raw, forecast, [self.median])

    def point(self, raw: Any, scaled: Any) -> Any:
        """Return the scaled median [B, S] of raw numbers [B, S, Q]."""
        middle = raw[..., self.median]
        if self.link is None:
            return middle
        return ops.cast(scaled.relative(self.link(scaled.original(middle), scaled)), raw.dtype)

    def errors(self, raw: Any, scaled: Any, target: Any) -> Any:
        """Return target - output, in scaled units, as [B, S, Q]."""
        if self.link is None:
            return trainable(scaled.relative(target), raw)[..., None] - self.numbers(raw)
        return trainable(scaled.relative(target[..., None]) - scaled.relative(self(raw, scaled)), raw)


def moved_at(raw: Any, forecast: Any, positions: Any) -> Any:
    """Return raw numbers [B, S, P] with a forecast [B, S] added to those at the positions."""
    chosen = np.zeros(raw.shape[-1], "float32")
    chosen[positions] = 1.0
    return raw + ops.cast(forecast, raw.dtype)[..., None] * chosen


def trainable(values: Any, raw: Any) -> Any:
    """Return scaled values as numbers of the raw ones' kind, cut where they would be infinite."""
    return ops.cast(ops.clip(values, -LARGEST_ERROR, LARGEST_ERROR), raw.dtype)
