"""Multiple input, multiple output: one head answers all steps at once from the summary."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Decoder(keras.layers.Layer):
    """A dense layer to all H steps, plus what the calendar says of each step.

    Args:
        horizon: H.
        parameters: P, raw numbers per step.
        segment: steps per token; all steps are answered together, so it plays no part.
        calendar: reads the calendar of each step, where there is one.
    """

    def __init__(self, horizon: int, parameters: int, segment: int, calendar: Any, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.shape = (-1, horizon, parameters)
        self.steps = keras.layers.Dense(horizon * parameters, name="steps")
        self.calendar = calendar

    def call(self, summary: Any, states: list[Any], known: Any, *, encoder: Any, training: bool = False) -> Any:
        """Return raw numbers [B, H, P] from the summary [B, D] and the known future [B, H, F]."""
        raw = ops.reshape(self.steps(summary), self.shape)
        return raw + self.calendar(summary, known) if self.calendar else raw
