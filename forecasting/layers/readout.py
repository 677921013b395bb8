"""From a summary of the past to the raw numbers of some steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.tensor import Tensor


class Readout(keras.layers.Layer):
    """A dense layer to all steps, plus what the known features of each step add, given the summary.

    Args:
        steps: S, steps that are read.
        parameters: P, raw numbers per step.
        width: units of the hidden layer over summary and features; 0 where there are no features.
    """

    def __init__(self, steps: int, parameters: int, width: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.shape = (-1, steps, parameters)
        self.steps = keras.layers.Dense(steps * parameters, name="steps")
        self.has_features = width > 0
        if self.has_features:
            self.from_summary = keras.layers.Dense(width, name="from_summary")
            self.from_known = keras.layers.Dense(width, use_bias=False, name="from_known")
            self.from_both = keras.layers.Dense(parameters, use_bias=False, name="from_both")

    def call(self, summary: Tensor, known: Tensor) -> Tensor:
        """Return [B, S, P] from the summary [B, D] and the features [B, S, F]."""
        raw = ops.reshape(self.steps(summary), self.shape)
        if not self.has_features:
            return raw
        hidden = ops.relu(ops.expand_dims(self.from_summary(summary), 1) + self.from_known(known))
        return raw + self.from_both(hidden)
