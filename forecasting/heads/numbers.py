"""What the heads of real series share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.heads.base import BaseHead
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

#: Scaled errors end here: float32 would make the sum of more, squared, an infinity.
LARGEST_ERROR = 1e15


class NumberHead(BaseHead):
    """Base of the heads whose outputs are numbers; one of them, at the position `median`, stands for the step.

    Args:
        task: says whether there are symbols, which there must not be.
        link: keeps numbers within the bounds of the task; None where there are none.
        levels: [Q] quantile levels of the outputs.

    Raises:
        ConfigError: the task is one of symbols.
    """

    def __init__(self, task: Task, link: Link | None, levels: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if task.symbols:
            raise ConfigError("This head forecasts numbers. Got symbols. Use head='categorical'.", field="head")
        self.link = link
        self.levels = np.asarray(levels)
        self.median = levels.index(0.5)

    def bounded(self, values: Tensor, scaled: Scaled) -> Tensor:
        """Return values [B, S] or [B, S, Q] in original units within the bounds of the task."""
        return values if self.link is None else self.link(values, scaled)

    def value(self, outputs: Tensor) -> Tensor:
        """Return the median [...] of outputs [..., Q]."""
        return outputs[..., self.median]

    def error(self, target: Tensor, value: Any) -> Tensor:
        """Return |target - value| [...]."""
        return ops.abs(target - value)


class TrainedNumbers(NumberHead):
    """Base of the heads whose raw numbers are made into the outputs themselves, by a loss of their errors."""

    def __init__(self, task: Task, link: Link | None, levels: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(task, link, levels, **kwargs)
        self.parameters = len(levels)

    def call(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Turn raw [B, S, Q] into outputs [B, S, Q] in original units."""
        return self.bounded(scaled.original(self.numbers(raw)), scaled)

    def numbers(self, raw: Tensor) -> Tensor:
        """Return the scaled numbers [B, S, Q] of raw ones, before the bounds: themselves."""
        return raw

    def shifted(self, raw: Tensor, forecast: Tensor) -> Tensor:
        """Return raw numbers [B, S, Q] whose outputs lie further on by a forecast [B, S] in scaled units."""
        return shifted_at(raw, forecast, [self.median])

    def point(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return the scaled median [B, S] of raw numbers [B, S, Q]."""
        middle = raw[..., self.median]
        if self.link is None:
            return middle
        return ops.cast(scaled.relative(self.link(scaled.original(middle), scaled)), raw.dtype)

    def errors(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return target - output, in scaled units, as [B, S, Q]."""
        if self.link is None:
            return trainable(scaled.relative(target), raw)[..., None] - self.numbers(raw)
        return trainable(scaled.relative(target[..., None]) - scaled.relative(self(raw, scaled)), raw)


def shifted_at(raw: Tensor, forecast: Tensor, positions: Sequence[int] | slice) -> Tensor:
    """Return raw numbers [B, S, P] with a forecast [B, S] added to those at the positions."""
    chosen = np.zeros(raw.shape[-1], "float32")
    chosen[positions] = 1.0
    return raw + ops.cast(forecast, raw.dtype)[..., None] * chosen


def trainable(values: Tensor, raw: Tensor) -> Tensor:
    """Return scaled values as numbers of the raw ones' kind, cut where they would be infinite."""
    return ops.cast(ops.clip(values, -LARGEST_ERROR, LARGEST_ERROR), raw.dtype)
