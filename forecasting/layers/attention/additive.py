"""Additive attention (Bahdanau, Cho & Bengio 2015)."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class Attention(keras.layers.Layer):
    """The score of token t is a small network's: e_t = v' tanh(W q + K s_t), weights softmax(e), context sum_t w_t s_t.

    Args:
        units: width of the hidden layer.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.key = keras.layers.Dense(units, use_bias=False, name="key")
        self.query = keras.layers.Dense(units, name="query")
        self.score = keras.layers.Dense(1, use_bias=False, name="score")

    def keys(self, encoded: Encoded) -> Tensor:
        """Return the keys [B, T, U]."""
        return self.key(encoded.sequence)

    def call(self, query: Tensor, keys: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Return the context [B, D] and the weights [B, T]; see the package."""
        scores = self.score(ops.tanh(self.query(query)[:, None] + keys))  # [B, T, 1]
        weights = ops.softmax(scores[:, :, 0], axis=1)
        return ops.einsum("bt,btd->bd", weights, encoded.sequence), weights
