"""One number per step: the median, by the absolute error."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.errors import ConfigError


class Head(keras.layers.Layer):
    """Reads one raw number per step as the forecast itself; P = Q = 1."""

    parameters = 1

    def __init__(self, quantile_levels: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if quantile_levels:
            raise ConfigError(
                f"A point head has no quantiles. Got quantile_levels={quantile_levels}. Use head='quantiles'.",
                field="quantile_levels",
            )

    def call(self, raw: Any) -> Any:
        """Return raw [B, H, 1] as it is."""
        return raw

    def point(self, raw: Any) -> Any:
        """Return the point [...] of raw numbers [..., 1], which a decoder feeds back."""
        return raw[..., 0]

    def loss(self, raw: Any, target: Any) -> Any:
        """Return |target - forecast| as [B, H]."""
        return ops.abs(target - raw[:, :, 0])
