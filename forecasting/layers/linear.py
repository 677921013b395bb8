"""The linear autoregression as a layer, with the sums from which its kernel is solved."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.core import Core
from forecasting.layers.inputs import Inputs
from forecasting.layers.scaling import WindowScaler
from forecasting.layers.tensor import Tensor


class LinearAutoregression(Core):
    """A dense kernel from lags, calendar of the next step and a constant to the horizon.

    Two ways of reaching H steps: a column per step, or one column whose output is fed back. Where the fed-back
    lags are scaled anew at every step, they are so as the window of a fresh forecast would be: the kernel has
    met no others.

    Args:
        horizon: H.
        context_length: L.
        features: F.
        outputs: columns of the kernel: H, or 1 to feed back.
        rescale: whether the lags are standardised anew at every step.
    """

    def __init__(
        self, horizon: int, context_length: int, features: int, outputs: int, rescale: bool, **kwargs: Any
    ) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon
        self.context_length = context_length
        self.features = features
        self.outputs = outputs
        self.scaler = WindowScaler("standard", name="scaler") if rescale else None
        self.kernel = self.add_weight(
            shape=(context_length + features + 1, self.outputs), initializer="zeros", trainable=False, name="kernel"
        )

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return [B, H, 1]."""
        values, observed = inputs.values, inputs.observed
        known = ops.cast(inputs.known, "float64")
        first = self.context_length
        for step in range(self.horizon // self.outputs):
            rows, center, scale = self.rows(values[:, step:], observed[:, step:], known[:, first + step])
            forecast = center + scale * ops.matmul(rows, self.kernel)
            values = ops.concatenate([values, forecast], axis=1)
            observed = ops.concatenate([observed, ops.ones_like(forecast)], axis=1)
        return values[:, first:, None]

    def rows(self, values: Tensor, observed: Tensor, calendar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the rows [B, D] of the regression, and center and scale [B, 1] of its target.

        Args:
            values: [B, L] lags, 0 where missing.
            observed: [B, L].
            calendar: [B, F'] features of the next step, those of the calendar first; it reads no others.
        """
        constant = ops.ones_like(values[:, :1])
        center, scale = ops.zeros_like(constant), constant
        if self.scaler:
            missing = ops.full_like(values, float("nan"))
            scaled = self.scaler(ops.where(observed > 0, values, missing))
            values, center, scale = scaled.values, scaled.center, scaled.scale
        return ops.concatenate([values, calendar[:, : self.features], constant], axis=1), center, scale
