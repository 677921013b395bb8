"""What the known calendar of a future step adds to its forecast."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class CalendarReadout(keras.layers.Layer):
    """A hidden layer over the summary of the past and the calendar features of each step.

    Args:
        parameters: P, raw numbers per step.
        width: units of the hidden layer.
    """

    def __init__(self, parameters: int, width: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.from_summary = keras.layers.Dense(width, name="from_summary")
        self.from_known = keras.layers.Dense(width, use_bias=False, name="from_known")
        self.readout = keras.layers.Dense(parameters, use_bias=False, name="readout")

    def call(self, summary: Any, known: Any) -> Any:
        """Return [B, H, P] from the summary [B, D] and the calendar [B, H, F]."""
        hidden = ops.relu(ops.expand_dims(self.from_summary(summary), 1) + self.from_known(known))
        return self.readout(hidden)
