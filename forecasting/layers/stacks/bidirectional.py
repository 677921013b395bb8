"""Bidirectional reading of the context (Schuster & Paliwal 1997; Graves & Schmidhuber 2005)."""

from __future__ import annotations

import keras
from keras import ops

from forecasting.layers.encoders.recurrent import Recurrent
from forecasting.layers.inputs import Encoded
from forecasting.layers.recurrent import CELLS
from forecasting.layers.tensor import Tensor


class Encoder(Recurrent):
    """Every layer is two: one reads the context forwards, one backwards; their outputs stand side by side.

    Only the context is read, so nothing of the horizon can be seen. The summary [B, 2U] is the forward
    output at the newest token beside the backward output at the oldest: both have read everything.
    """

    def build_layers(self, cell: str, units: int, layers: int) -> list[keras.layers.Layer]:
        """Return the pairs end to end: forward, backward, forward ..."""
        make = CELLS.load(cell).Layer
        return [
            make(units, return_sequences=True, name=f"recurrent_{i}_{way}")
            for i in range(layers)
            for way in ("forward", "backward")
        ]

    def call(self, tokens: Tensor, training: bool = False) -> Encoded:
        """Encode tokens [B, T, C]; there is no state to go on from."""
        sequence = self.embedded(tokens)
        summary = sequence[:, -1]
        for forward, backward in zip(self.recurrent[::2], self.recurrent[1::2], strict=True):
            ahead = forward(sequence, training=training)
            back = ops.flip(backward(ops.flip(sequence, axis=1), training=training), axis=1)
            summary = self.drop(ops.concatenate([ahead[:, -1], back[:, 0]], axis=1), training=training)
            sequence = self.drop(ops.concatenate([ahead, back], axis=2), training=training)
        return Encoded(summary, sequence, [])
