"""The base of all decoders."""

from __future__ import annotations

from typing import Any

import keras

from forecasting.layers.decoders._plan import Plan


class Core(keras.layers.Layer):
    """A layer from `Inputs` to raw numbers [B, H, P].

    Attributes:
        feeds_back: whether the raw numbers of a step are given the true step before. Then values can be drawn one after
            the other: inputs with dice give paths [B, N, H] in original units instead of raw numbers.
    """

    def __init__(self, plan: Plan, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.tokens = plan.tokens
        self.head = plan.head
        self.feeds_back = plan.config.feeds_back

    def build(self, input_shape: Any) -> None:
        """Do nothing: the layers inside make their weights in the first call, which knows what reaches them."""
        self.built = True
