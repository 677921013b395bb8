"""Depth: layer l reads the sequence of layer l - 1 (Graves 2013, without skips)."""

from __future__ import annotations

from forecasting.layers.encoders.recurrent import Recurrent, as_list
from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class Encoder(Recurrent):
    """Stacked recurrent layers; the summary is the last output of the highest one."""

    def call(self, tokens: Tensor, training: bool = False) -> Encoded:
        """Encode tokens [B, T, C]; the states are those of all layers, one list."""
        sequence, states = self.embedded(tokens), []
        for layer in self.recurrent:
            output, *state = layer(sequence, training=training)
            states += state
            sequence = self.drop(output, training=training)
        return Encoded(sequence[:, -1], sequence, states)

    def step(self, token: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Read one more token [B, C]; see `Recurrent.step`."""
        output, new_states, position = self.embedded(token), [], 0
        for layer in self.recurrent:
            count = len(as_list(layer.cell.state_size))
            output, state = layer.cell(output, states[position : position + count], training=training)
            output = self.drop(output, training=training)
            new_states += as_list(state)
            position += count
        return output, new_states
