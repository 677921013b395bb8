"""Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates: Gers et al. 2000), fast on a CPU."""

from __future__ import annotations

import keras

from forecasting.layers.recurrent.block import block_lstm, fits_block
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` whose plain form runs in TensorFlow's own CPU kernel for whole sequences.

    With σ the logistic function and * elementwise::

        i = σ(x W_i + h R_i + b_i)          input gate
        f = σ(x W_f + h R_f + b_f)          forget gate
        g = tanh(x W_c + h R_c + b_c)       candidate
        o = σ(x W_o + h R_o + b_o)          output gate
        c' = f * c + i * g
        h' = o * tanh(c')

    W = (W_i, W_f, W_c, W_o) [F, 4U], R [U, 4U] and b [4U] are Keras's `kernel`, `recurrent_kernel` and `bias`.
    Arguments, weights and `cell` are those of `keras.layers.LSTM`, and so is the computation on a GPU (cuDNN),
    or where `fits_block` says no.
    """

    def inner_loop(self, sequences: Tensor, initial_state: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        """Run x [B, T, F] from h, c [B, U]: Keras's contract, (last output, outputs, states)."""
        if fits_block(self, sequences, mask, training):
            return block_lstm(self, sequences, initial_state)
        return super().inner_loop(sequences, initial_state, mask, training=training)


#: The name under which `CELLS` finds the class.
Layer = LSTM
