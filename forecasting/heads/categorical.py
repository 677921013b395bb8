"""Symbols: a probability for each of K, by the cross entropy."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.errors import ConfigError

#: Probabilities below this have no finite logarithm in float32.
SMALLEST = 1e-30


class Head(keras.layers.Layer):
    """Reads K logits per step; P = Q = K. Targets and points are codes 0 to K - 1.

    Args:
        quantile_levels: must be empty: symbols have no order.
        symbols: the alphabet.

    Raises:
        ConfigError: there are quantile levels, or no symbols.
    """

    def __init__(self, quantile_levels: tuple[float, ...], symbols: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if quantile_levels:
            raise ConfigError(f"Symbols have no quantiles. Got {quantile_levels}.", field="quantile_levels")
        if not symbols:
            raise ConfigError("A categorical head needs the `symbols` of the task. Got none.", field="symbols")
        self.parameters = len(symbols)

    def call(self, raw: Any) -> Any:
        """Turn logits [B, H, K] into probabilities [B, H, K]."""
        return ops.softmax(raw, axis=2)

    def raw_of(self, outputs: Any) -> Any:
        """Return logits [B, H, K] of probabilities [B, H, K]."""
        return ops.log(ops.maximum(outputs, SMALLEST))

    def point(self, raw: Any) -> Any:
        """Return the code [...] of the largest of the logits [..., K], which a decoder feeds back."""
        return ops.cast(ops.argmax(raw, axis=-1), raw.dtype)

    def drawn(self, raw: Any, noise: Any, top_k: Any) -> Any:
        """Return numbers [..., K] whose `point` is a draw: logits and noise of the `top_k` largest logits.

        Logits that tie with the last of them are kept.
        """
        ordered = ops.sort(raw, axis=-1)
        least = ops.take(ordered, [self.parameters - top_k], axis=-1)
        return ops.where(raw >= least, raw + noise, -ops.full_like(raw, float("inf")))

    def value(self, outputs: Any) -> Any:
        """Return the code [...] of the most probable symbol of outputs [..., K]."""
        return ops.cast(ops.argmax(outputs, axis=-1), "float64")

    def error(self, target: Any, value: Any) -> Any:
        """Return 1 [...] where the symbol is another one, 0 where it is the same."""
        return ops.cast(ops.not_equal(target, value), "float64")

    def loss(self, raw: Any, target: Any) -> Any:
        """Return the cross entropy -log p(target) as [B, H]; `target` [B, H] holds codes."""
        return ops.sparse_categorical_crossentropy(ops.cast(target, "int32"), raw, from_logits=True)
