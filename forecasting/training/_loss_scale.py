"""How much the errors of a window count: what is trained can be what is scored."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.errors import ConfigError
from forecasting.layers.scaling import Scaled

#: A window weighs at most this many times as much as by its own scale, so that the few whose level is near 0 are not
#: all that is learnt.
MOST = 20.0


def weigher(network: Any, loss_scale: str) -> Any:
    """Return the function from a context [B, L] and its `Scaled` to weights [B, 1] of the windows; None weighs nothing.

    The loss divides by the window's own deviation; the weight is that deviation over the scale that is asked for.

    Raises:
        ConfigError: the head has a likelihood, which is not divided by any scale, or symbols.
    """
    if loss_scale == "window":
        return None
    if network.head.is_distribution or network.task.symbols:
        raise ConfigError(
            f"`loss_scale` must be 'window' for heads other than points and quantiles: a likelihood has no scale. Got "
            f"{loss_scale!r}.",
            code="loss_scale_unfit",
            field="loss_scale",
        )
    return level_weights


def level_weights(context: Any, scaled: Scaled) -> Any:
    """Return the deviation of each window [B, L] over its mean absolute value, [B, 1], at most `MOST`."""
    missing = ops.isnan(context)
    count = ops.maximum(ops.sum(ops.cast(ops.logical_not(missing), "float64"), axis=1, keepdims=True), 1.0)
    level = ops.sum(ops.where(missing, ops.zeros_like(context), ops.abs(context)) / count, axis=1, keepdims=True)
    return scaled.spread / ops.maximum(level, scaled.spread / MOST)
