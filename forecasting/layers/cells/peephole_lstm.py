"""Long short-term memory with peepholes (Gers & Schmidhuber 2000), fast on a CPU."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.layers.recurrent.block import block_lstm, fits_block
from forecasting.layers.recurrent.cell import Cell, CellLayer
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class PeepholeLSTMCell(Cell):
    """One step of the LSTM whose gates see the cell state, each unit its own.

    With input x_t [F] and states h and c [U], s the logistic function and * the elementwise product::

        i = s(x_t W_i + h R_i + p_i * c + b_i)          input gate
        f = s(x_t W_f + h R_f + p_f * c + b_f)          forget gate
        g = tanh(x_t W_c + h R_c + b_c)                 candidate
        c_t = f * c + i * g
        o = s(x_t W_o + h R_o + p_o * c_t + b_o)        output gate, which sees the new cell state
        h_t = o * tanh(c_t)

    (W_i, W_f, W_c, W_o) [F, 4U], R [U, 4U] and b [4U] are `kernel`, `recurrent_kernel` and `bias`, as in Keras's
    LSTM; (p_i, p_f, p_o) [3, U] is `peepholes`.

    Chosen here: b_f starts at one, and the peepholes at zero, so that the cell starts as the LSTM without them. The
    paper cuts gradients off at the gates; here they are whole, through the peepholes too.
    """

    # What `is_plain` asks of Keras's cells.
    activation = staticmethod(keras.activations.tanh)
    dropout = recurrent_dropout = 0.0
    use_bias = True

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.state_size = [units, units]

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        self.kernel = self.add_kernel("kernel", input_shape[-1], 4 * self.units)
        self.recurrent_kernel = self.add_recurrent("recurrent_kernel", 4 * self.units)
        self.bias = self.add_bias("bias", 4 * self.units, start=np.repeat([0, 1, 0, 0], self.units))
        self.peepholes = self.add_weight(shape=(3, self.units), initializer="zeros", name="peepholes")

    def call(self, x: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Return the output [B, U] and the new states of inputs [B, F] and states [h, c]."""
        h, c = states
        summed = ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.split(summed, 4, axis=-1)
        from_c_i, from_c_f, from_c_o = ops.unstack(self.peepholes, 3)
        i, f = ops.sigmoid(i + from_c_i * c), ops.sigmoid(f + from_c_f * c)
        c = f * c + i * ops.tanh(g)
        h = ops.sigmoid(o + from_c_o * c) * ops.tanh(c)
        return h, [h, c]


@keras.saving.register_keras_serializable("forecasting")
class PeepholeLSTM(CellLayer):
    """A layer of `PeepholeLSTMCell`, whose plain form runs in TensorFlow's own CPU kernel for whole sequences.

    It does so where `fits_block` says so; Keras's loop over the cell runs elsewhere.
    """

    cell_class = PeepholeLSTMCell

    def inner_loop(self, sequences: Tensor, initial_state: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        """Run x [B, T, F] from h, c [B, U]: Keras's contract, (last output, outputs, states)."""
        if fits_block(self, sequences, mask, training):
            return block_lstm(self, sequences, initial_state, self.cell.peepholes)
        return super().inner_loop(sequences, initial_state, mask, training=training)


#: The name under which `CELLS` finds the class.
Layer = PeepholeLSTM
