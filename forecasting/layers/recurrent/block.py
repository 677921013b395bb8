"""TensorFlow's CPU kernel for an LSTM, with or without peepholes, over whole sequences."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from forecasting.layers.recurrent.lanes import in_lanes
from forecasting.layers.recurrent.plain import is_plain
from forecasting.layers.tensor import Tensor

#: Above this the kernel's products are slower than those of Keras's loop.
MOST_UNITS = 128

#: Rows up to which TensorFlow does not share the products of the kernel's steps between threads (64 units).
MOST_ROWS = 32


def fits_block(layer: keras.Layer, sequences: Tensor, mask: Tensor, training: bool) -> bool:
    """Whether the kernel computes this call, and faster than Keras's loop; arguments as those of `is_plain`."""
    return layer.cell.units <= MOST_UNITS and is_plain(layer, sequences, mask, training)


def block_lstm(
    layer: keras.Layer, sequences: Tensor, states: Sequence[Tensor], peepholes: Tensor = None
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Run x [B, T, F] from h, c [B, U]: the contract of Keras's `inner_loop`, (last output, outputs, states).

    Args:
        layer: has a cell with Keras's `kernel`, `recurrent_kernel` and `bias`.
        sequences: x.
        states: h and c.
        peepholes: p_i, p_f and p_o [3, U]; none where None.
    """
    cell = layer.cell
    kernels = tf.concat([cell.kernel, cell.recurrent_kernel], axis=0)
    weights = [in_kernel_order(kernels), in_kernel_order(tf.convert_to_tensor(cell.bias))]
    seen = [] if peepholes is None else [tf.convert_to_tensor(peepholes)]
    outputs, h, c = in_lanes(recur, sequences, states, [*weights, *seen], MOST_ROWS)
    return h, outputs if layer.return_sequences else h[:, None], [h, c]


def in_kernel_order(weights: Tensor) -> Tensor:
    """Return weights [..., 4U] whose gates are in Keras's order i, f, c, o in the kernel's order i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


def recur(
    x: Tensor, h: Tensor, c: Tensor, weights: Tensor, bias: Tensor, peepholes: Tensor = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return all outputs [B, T, U] and the last h and c [B, U].

    The kernel's second version takes Keras's order of gates, but its gradient on a CPU does not (TensorFlow 2.21);
    the first version is right in both directions.

    Args:
        x: inputs [B, T, F].
        h: first output [B, U].
        c: first cell state [B, U].
        weights: W above R [F + U, 4U], gates in the kernel's order.
        bias: b [4U], in the same order.
        peepholes: p_i, p_f and p_o [3, U]; none where None.
    """
    use_peephole = peepholes is not None
    wci, wcf, wco = tf.unstack(peepholes if use_peephole else tf.zeros([3, h.shape[-1]], bias.dtype))
    run = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, tf.int64)[1],
        x=tf.transpose(x, [1, 0, 2]),
        cs_prev=c,
        h_prev=h,
        w=weights,
        wci=wci,
        wcf=wcf,
        wco=wco,
        b=bias,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=use_peephole,
    )
    return tf.transpose(run.h, [1, 0, 2]), run.h[-1], run.cs[-1]
