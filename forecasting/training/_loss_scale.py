"""How much an error of a window counts: what is trained can be what is scored."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.config import Task
from forecasting.errors import ConfigError
from forecasting.layers.scaling import Scaled

#: A window weighs at most this many times as much as its own scale would have it, and at least so little: the context
#: of a few windows hardly changes, and they must not be all that is learnt.
MOST = 20.0


def weigher(network: Any, loss_scale: str) -> Any:
    """Return the function from a context [B, L] and its `Scaled` to weights [B, 1] of the windows; None weighs nothing.

    The loss divides by the window's own scale; the weight is that scale over the one that is asked for.

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

    def weigh(context: Any, scaled: Scaled) -> Any:
        own = scaled.spread
        if loss_scale == "absolute":
            return own / ops.maximum(ops.mean(own), own * 0 + 1e-280)
        other = scale_of(loss_scale, context, network.task)
        return ops.clip(own / ops.maximum(other, own / MOST), 1.0 / MOST, MOST)

    return weigh


def scale_of(loss_scale: str, context: Any, task: Task) -> Any:
    """Return the scale [B, 1] of windows [B, L]: their mean absolute value, or seasonal difference (of one step without).

    The season is the shortest one, as that of MASE is, where the context is longer than it.
    """
    if loss_scale == "smape":
        return mean_present(ops.abs(context))
    lag = task.season[0] if task.season[0] < context.shape[1] else min(1, context.shape[1] - 1)
    return mean_present(ops.abs(context[:, lag:] - context[:, : context.shape[1] - lag]))


def mean_present(values: Any) -> Any:
    """Return the mean [B, 1] of what is not missing in values [B, T]; 0 where all is."""
    missing = ops.isnan(values)
    count = ops.sum(ops.cast(ops.logical_not(missing), values.dtype), axis=1, keepdims=True)
    total = ops.sum(ops.where(missing, ops.zeros_like(values), values), axis=1, keepdims=True)
    return total / ops.maximum(count, 1.0)
