"""What the dilated stacks share (Chang et al. 2017): interleaved recurrences, and how they go on."""

from __future__ import annotations

from abc import abstractmethod

import keras
from keras import ops

from forecasting.layers.encoders.recurrent import Recurrent, as_list
from forecasting.layers.inputs import Encoded
from forecasting.layers.tensor import Tensor


class Dilated(Recurrent):
    """Layer l goes on from its state of 2^l tokens ago, so that long gaps are few steps.

    A layer of dilation d is d interleaved recurrences, run side by side as one of d times the batch and
    1/d of the length. Its states are those after each of the last d tokens, the oldest first.
    """

    @abstractmethod
    def joined(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """Return what a layer gives [..., U], of what it has read [..., C] and what its recurrence says [..., U]."""

    def call(self, tokens: Tensor, training: bool = False) -> Encoded:
        """Encode tokens [B, T, C]; empty tokens before them fill up the first round of the largest dilation."""
        length = tokens.shape[1]
        filling = -length % 2 ** (len(self.recurrent) - 1)
        sequence, states = self.embedded(ops.pad(tokens, ((0, 0), (filling, 0), (0, 0)))), []
        for level, layer in enumerate(self.recurrent):
            output, layer_states = interleaved(layer, sequence, 2**level, training)
            states += layer_states
            sequence = self.joined(sequence, self.drop(output, training=training))
        return Encoded(sequence[:, -1], sequence[:, filling:], states)

    def initial_states(self, rows: int) -> list[Tensor]:
        """Return the states before the first token: those of every layer once for each interleaved recurrence."""
        return [
            state
            for level, layer in enumerate(self.recurrent)
            for _ in range(2**level)
            for state in as_list(layer.get_initial_state(rows))
        ]

    def step(self, token: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Read one more token [B, C]; see `Recurrent.step`."""
        output, new_states, position = self.embedded(token), [], 0
        for level, layer in enumerate(self.recurrent):
            width = len(as_list(layer.cell.state_size))
            end = position + width * 2**level
            oldest, kept = states[position : position + width], states[position + width : end]
            outputs, state = layer.cell(output, oldest, training=training)
            output = self.joined(output, self.drop(outputs, training=training))
            new_states += [*kept, *as_list(state)]
            position = end
        return output, new_states


def interleaved(layer: keras.Layer, sequence: Tensor, dilation: int, training: bool) -> tuple[Tensor, list[Tensor]]:
    """Run a recurrent layer over [B, T, C] with a dilation d that divides T.

    Returns the outputs [B, T, U] and the states after each of the last d tokens, the oldest first.
    """
    length, width = sequence.shape[1:]
    rounds = length // dilation
    apart = ops.transpose(ops.reshape(sequence, (-1, rounds, dilation, width)), (0, 2, 1, 3))
    output, *states = layer(ops.reshape(apart, (-1, rounds, width)), training=training)
    units = output.shape[2]
    together = ops.transpose(ops.reshape(output, (-1, dilation, rounds, units)), (0, 2, 1, 3))
    parted = [ops.reshape(state, (-1, dilation, state.shape[1])) for state in states]
    return (
        ops.reshape(together, (-1, length, units)),
        [state[:, phase] for phase in range(dilation) for state in parted],
    )
