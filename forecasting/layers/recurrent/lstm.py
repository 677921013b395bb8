"""Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates: Gers et al. 2000), fast on a CPU."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from forecasting.layers.recurrent._lanes import in_lanes
from forecasting.layers.recurrent._plain import is_plain

#: Above this the kernel's products are slower than those of Keras's loop.
MOST_UNITS = 128

#: Rows up to which TensorFlow does not share the products of the kernel's steps between threads (64 units).
MOST_ROWS = 32


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
    above `MOST_UNITS` units, or where `is_plain` says no.
    """

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Run x [B, T, F] from h, c [B, U]: Keras's contract, (last output, outputs, states)."""
        if self.units > MOST_UNITS or not is_plain(self, sequences, mask, training):
            return super().inner_loop(sequences, initial_state, mask, training=training)
        kernels = tf.concat([self.cell.kernel, self.cell.recurrent_kernel], axis=0)
        weights = [kernel_order(kernels), kernel_order(tf.convert_to_tensor(self.cell.bias))]
        outputs, h, c = in_lanes(recur, sequences, initial_state, weights, MOST_ROWS)
        return h, outputs if self.return_sequences else h[:, None], [h, c]


def kernel_order(weights: Any) -> Any:
    """Return weights [..., 4U] whose gates are in Keras's order i, f, c, o in the kernel's order i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


def recur(x: Any, h: Any, c: Any, weights: Any, bias: Any) -> tuple[Any, Any, Any]:
    """Return all outputs [B, T, U] and the last h and c [B, U].

    The kernel's second version takes Keras's order of gates, but its gradient on a CPU does not (TensorFlow 2.21);
    the first version is right in both directions.

    Args:
        x: inputs [B, T, F].
        h: first output [B, U].
        c: first cell state [B, U].
        weights: W above R [F + U, 4U], gates in the kernel's order.
        bias: b [4U], in the same order.
    """
    peephole = tf.zeros_like(bias[: h.shape[-1]])
    run = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, tf.int64)[1],
        x=tf.transpose(x, [1, 0, 2]),
        cs_prev=c,
        h_prev=h,
        w=weights,
        wci=peephole,
        wcf=peephole,
        wco=peephole,
        b=bias,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )
    return tf.transpose(run.h, [1, 0, 2]), run.h[-1], run.cs[-1]


#: The name under which `CELLS` finds the class.
Layer = LSTM
