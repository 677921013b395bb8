"""The linear autoregression as a layer, with the sums from which its kernel is solved."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class LinearAutoregression(keras.layers.Layer):
    """A dense kernel from lags, calendar of the next step and a constant to the horizon.

    Two ways of reaching H steps: `mimo` has a column per step; `recursive` has one column and feeds
    its output back.

    Args:
        horizon: H.
        context_length: L.
        features: F.
        decoding: `mimo` or `recursive`.
    """

    def __init__(self, horizon: int, context_length: int, features: int, decoding: str, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon
        self.context_length = context_length
        self.outputs = 1 if decoding == "recursive" else horizon
        self.kernel = self.add_weight(
            shape=(context_length + features + 1, self.outputs), initializer="zeros", trainable=False, name="kernel"
        )

    def call(self, values: Any, observed: Any, known: Any, training: bool = False) -> Any:
        """Return [B, H, 1] from values [B, L] and known features [B, L + H, F]."""
        known = ops.cast(known, "float64")
        forecasts: list[Any] = []
        for step in range(self.horizon // self.outputs):
            lags = ops.concatenate([values, *forecasts], axis=1)[:, step:]
            forecasts.append(ops.matmul(self.regressors(lags, known[:, self.context_length + step]), self.kernel))
        return ops.concatenate(forecasts, axis=1)[:, :, None]

    def regressors(self, lags: Any, calendar: Any) -> Any:
        """Return the rows [B, D] of the regression: lags [B, L], calendar [B, F] of the next step, constant."""
        return ops.concatenate([lags, calendar, ops.ones_like(lags[:, :1])], axis=1)
