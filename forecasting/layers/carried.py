"""What stands where an observation is missing."""

from __future__ import annotations

from keras import ops

from forecasting.layers.tensor import Tensor


def carried_forward(values: Tensor, observed: Tensor) -> Tensor:
    """Return values [B, L] with the last observed one before it where one is missing; 0 before the first.

    A network reads them beside the flags that say which were observed (the input of GRU-Simple in Che et al. 2018,
    Scientific Reports 8): its newest lag then always says where the series was last seen. Scale and loss know nothing
    of them.

    Args:
        values: [B, L].
        observed: [B, L], 1 where observed.
    """
    length = values.shape[1]
    position = ops.cast(observed, "int32") * ops.arange(1, length + 1, dtype="int32")
    reach = 1
    while reach < length:  # the running maximum, by doubling: few operations, and none that goes step by step
        position = ops.maximum(position, ops.pad(position, ((0, 0), (reach, 0)))[:, :length])
        reach *= 2
    carried = ops.take_along_axis(values, ops.maximum(position - 1, 0), axis=1)
    return ops.where(position > 0, carried, ops.zeros_like(values))
