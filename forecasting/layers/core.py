"""The core of every network with an encoder: tokens in, summary, decoder out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class EncoderDecoder(keras.layers.Layer):
    """Cuts the context into tokens, encodes them and decodes the horizon.

    Args:
        encoder: see `forecasting.layers.encoders`.
        decoder: see `forecasting.decoding`.
        segment: steps per token.
    """

    def __init__(self, encoder: keras.layers.Layer, decoder: keras.layers.Layer, segment: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.segment = segment
        self.supports_jit = encoder.supports_jit and decoder.supports_jit

    def call(self, values: Any, observed: Any, known: Any, training: bool = False) -> Any:
        """Return raw numbers [B, H, P].

        Args:
            values: [B, L] scaled context, 0 where missing.
            observed: [B, L], 1 where observed.
            known: [B, L + H, F] calendar features.
        """
        length = values.shape[1]
        past, future = known[:, :length], known[:, length:]
        tokens = tokenise(values, observed, past, self.segment)
        summary, states = self.encoder(tokens, training=training)
        return self.decoder(summary, states, future, encoder=self.encoder, training=training)


def tokenise(values: Any, observed: Any, known: Any, segment: int) -> Any:
    """Return tokens [B, T, C] of `segment` steps each: values, then observed flags, then features.

    A context that is no multiple of the segment is padded at its old end with steps that were not observed.

    Args:
        values: [B, L].
        observed: [B, L].
        known: [B, L, F].
    """
    padding = -values.shape[1] % segment
    count = (values.shape[1] + padding) // segment
    features = known.shape[2] * segment
    padded = [ops.pad(ops.cast(part, "float32"), ((0, 0), (padding, 0))) for part in (values, observed)]
    parts = [ops.reshape(part, (-1, count, segment)) for part in padded]
    if features:
        parts.append(ops.reshape(ops.pad(known, ((0, 0), (padding, 0), (0, 0))), (-1, count, features)))
    return ops.concatenate(parts, axis=2)
