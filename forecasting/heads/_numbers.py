"""What the heads of real series share."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.errors import ConfigError


class NumberHead(keras.layers.Layer):
    """Base of the heads whose outputs are numbers; one of them, at the position `median`, stands for the step.

    Args:
        levels: [Q] quantile levels of the outputs.
        symbols: must be empty.

    Raises:
        ConfigError: the task is one of symbols.
    """

    def __init__(self, levels: tuple[float, ...], symbols: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if symbols:
            raise ConfigError("This head forecasts numbers. Got symbols. Use head='categorical'.", field="head")
        self.levels = np.asarray(levels)
        self.parameters = len(levels)
        self.median = levels.index(0.5)

    def point(self, raw: Any) -> Any:
        """Return the median [...] of raw numbers [..., P], which a decoder feeds back."""
        return raw[..., self.median]

    def value(self, outputs: Any) -> Any:
        """Return the median [...] of outputs [..., Q]."""
        return outputs[..., self.median]

    def error(self, target: Any, value: Any) -> Any:
        """Return |target - value| [...]."""
        return ops.abs(target - value)
