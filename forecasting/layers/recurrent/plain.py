"""Which calls of a recurrent layer the CPU path computes; all others are Keras's."""

from __future__ import annotations

import keras
import tensorflow as tf

from forecasting.layers.tensor import Tensor


def is_plain(layer: keras.Layer, sequences: Tensor, mask: Tensor, training: bool) -> bool:
    """Whether a call is the textbook recurrence in float32 on a machine without a GPU.

    It is not where there is a mask, input dropout while training, recurrent dropout, another activation than Keras's
    default, no bias, a sequence read backwards or unrolled, state kept between batches, or cuDNN is demanded.

    Args:
        layer: a Keras recurrent layer.
        sequences: its input [B, T, F].
        mask: the mask of the call, None where there is none.
        training: whether dropout applies.
    """
    cell = layer.cell
    gates = getattr(cell, "recurrent_activation", keras.activations.sigmoid)
    return (
        mask is None
        and not (layer.go_backwards or layer.unroll or layer.stateful)
        and not (cell.recurrent_dropout or (training and cell.dropout))
        and cell.activation is keras.activations.tanh
        and gates is keras.activations.sigmoid
        and cell.use_bias
        and getattr(cell, "reset_after", True)
        and getattr(layer, "use_cudnn", "auto") is not True
        and {layer.compute_dtype, layer.variable_dtype, keras.backend.standardize_dtype(sequences.dtype)} == {"float32"}
        and not tf.config.list_logical_devices("GPU")
    )
