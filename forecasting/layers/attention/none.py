"""No attention: the same summary at every step (Cho et al. 2014)."""

from __future__ import annotations

from typing import Any

import keras

from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class Attention(keras.layers.Layer):
    """The context is the summary, whatever the query; there are no weights.

    Args:
        units: width of the query, which is not read.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def keys(self, encoded: Encoded) -> None:
        """Prepare nothing."""

    def call(self, query: Tensor, keys: None, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Return the summary [B, D] and weights [B, 0]."""
        return encoded.summary, encoded.summary[:, :0]
