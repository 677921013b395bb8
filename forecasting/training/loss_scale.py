"""How much the errors of a window count: what is trained can be what is scored."""

from __future__ import annotations

from functools import partial

from keras import ops

from forecasting.errors import ConfigError
from forecasting.heads.traits import HeadTraits
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork, Weigh

#: A window weighs at most this many times as much as by its own scale, so that the few whose level is near 0 are not
#: all that is learnt.
MOST = 20.0


def weigher(network: ForecastNetwork, loss_scale: str) -> Weigh | None:
    """Return the function from a context [B, L] and its `Scaled` to weights [B, 1] of the windows; None weighs nothing.

    The loss divides by the window's own scale; the weight is that scale over the one that is asked for.

    Raises:
        ConfigError: the head has a likelihood, which is not divided by any scale, or symbols.
    """
    require_scale(loss_scale, network.head.traits)
    if loss_scale == "window":
        return None
    season = network.task.season[0]
    weights: dict[str, Weigh] = {
        "smape": magnitude_weights,
        "mase": partial(seasonal_weights, season=season),
        "units": unit_weights,
    }
    return weights[loss_scale]


def require_scale(loss_scale: str, head: HeadTraits) -> None:
    """Raise a `ConfigError` where a loss that is a likelihood is to be divided by a scale."""
    if head.has_likelihood and loss_scale != "window":
        raise ConfigError(
            f"`loss_scale` must be 'window' for heads other than points and quantiles: a likelihood has no scale. Got "
            f"{loss_scale!r}.",
            code="loss_scale_unfit",
            field="loss_scale",
        )


def magnitude_weights(context: Tensor, scaled: Scaled) -> Tensor:
    """Return the scale of each window [B, L] over its mean absolute value, [B, 1], at most `MOST`."""
    return over(own_scale(scaled), mean_over_observed(ops.abs(context)))


def seasonal_weights(context: Tensor, scaled: Scaled, season: int) -> Tensor:
    """Return the scale of each window [B, L] over its mean absolute seasonal difference, [B, 1], at most `MOST`.

    The difference is that of one step where the window is no longer than a season, as in MASE.
    """
    lag = season if context.shape[1] > season else 1
    if context.shape[1] == 1:
        return ops.ones_like(scaled.spread)
    return over(own_scale(scaled), mean_over_observed(ops.abs(context[:, lag:] - context[:, :-lag])))


def unit_weights(context: Tensor, scaled: Scaled) -> Tensor:
    """Return the scale of each window, [B, 1]."""
    return own_scale(scaled)


def own_scale(scaled: Scaled) -> Tensor:
    """Return by what the loss divides errors, [B, 1]; where values are curved, the deviation is near it."""
    return scaled.scale if scaled.unit is None else scaled.spread


def over(own: Tensor, scale: Tensor) -> Tensor:
    """Return a scale over another one, both [B, 1], at most `MOST`."""
    return own / ops.maximum(scale, own / MOST)


def mean_over_observed(values: Tensor) -> Tensor:
    """Return the mean over what is not NaN in each row, [B, 1]; 0 where nothing is."""
    missing = ops.isnan(values)
    count = ops.maximum(ops.sum(ops.cast(ops.logical_not(missing), "float64"), axis=1, keepdims=True), 1.0)
    return ops.sum(ops.where(missing, ops.zeros_like(values), values) / count, axis=1, keepdims=True)
