"""Multiplicative attention (Luong, Pham & Manning 2015, "general" score), scaled as by Vaswani et al. 2017."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class Attention(keras.layers.Layer):
    """The score of token t is a product: e_t = q' K s_t / sqrt(U), weights softmax(e), context sum_t w_t s_t.

    The division keeps the first softmax soft whatever the width; Luong's paper has none.

    Args:
        units: width U of the query.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.key = keras.layers.Dense(units, use_bias=False, name="key")
        self.shrink = 1 / math.sqrt(units)

    def keys(self, encoded: Encoded) -> Tensor:
        """Return the keys [B, T, U]."""
        return self.key(encoded.sequence)

    def call(self, query: Tensor, keys: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Return the context [B, D] and the weights [B, T]; see the package."""
        weights = ops.softmax(self.shrink * ops.einsum("bu,btu->bt", query, keys), axis=1)
        return ops.einsum("bt,btd->bd", weights, encoded.sequence), weights
