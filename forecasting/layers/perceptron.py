"""The encoder without memory."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class PerceptronEncoder(keras.layers.Layer):
    """A multilayer perceptron over all tokens of the context; its state is the window itself.

    Args:
        units: width of the hidden layers.
        layers: number of hidden layers.
        dropout: share of activations dropped between layers while training.
        static: D, numbers at the end of each token that are the same in all; they are read once.
    """

    def __init__(self, units: int, layers: int, dropout: float, static: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.hidden = [
            keras.layers.Dense(units, "relu", kernel_initializer="he_normal", name=f"hidden_{i}") for i in range(layers)
        ]
        self.static = static
        self.drop = keras.layers.Dropout(dropout, name="drop")

    def call(self, tokens: Tensor, training: bool = False) -> Encoded:
        """Encode tokens [B, T, C]; what is remembered of a token is the token."""
        width = tokens.shape[2] - self.static
        lags = ops.reshape(tokens[:, :, :width], (-1, tokens.shape[1] * width))
        summary = ops.concatenate([lags, tokens[:, -1, width:]], axis=1) if self.static else lags
        for layer in self.hidden:
            summary = self.drop(layer(summary), training=training)
        return Encoded(summary, tokens, [tokens])

    def step(self, token: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Encode the window moved one token [B, C] on; returns the summary [B, D] and the states."""
        moved = ops.concatenate([states[0][:, 1:], token[:, None]], axis=1)
        encoded = self(moved, training=training)
        return encoded.summary, encoded.states
