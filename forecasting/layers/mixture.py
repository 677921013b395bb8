"""Mixtures of normal distributions: density and quantiles."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from keras import ops

from forecasting.layers.tensor import Tensor

#: Newton steps at most; each at least halves the interval, or converges far faster.
MOST_STEPS = 100

#: Quantiles are found to within this share of the widest interval.
TOLERANCE = 1e-10


def log_normal(values: Tensor, means: Tensor, deviations: Tensor) -> Tensor:
    """Return the log density of values under normal distributions; the arguments are broadcast."""
    standard = (values - means) / deviations
    return -0.5 * ops.square(standard) - ops.log(deviations) - 0.5 * math.log(2 * math.pi)


def mixture_quantiles(weights: Tensor, means: Tensor, deviations: Tensor, levels: Tensor) -> Tensor:
    """Return the quantiles [..., Q] of mixtures of A parts, ascending along with the levels.

    A quantile of a mixture lies between the smallest and the largest of its parts' quantiles. Newton's method goes on
    inside that interval; where a step would leave it, the interval is halved.

    Args:
        weights: [..., A] float64, not negative, with the sum 1.
        means: [..., A], or [A] where all mixtures have the same parts.
        deviations: as `means`, above 0.
        levels: [Q] or [..., Q] between 0 and 1.
    """
    standard = tf.math.ndtri(ops.cast(levels, "float64"))[..., None]  # [..., Q, 1]
    weights, means, deviations = weights[..., None, :], means[..., None, :], deviations[..., None, :]
    parts = means + deviations * standard  # [..., Q, A]
    # A part without weight bounds nothing away: the interval is that of all parts.
    nothing = ops.zeros_like(weights[..., 0]) + ops.zeros_like(parts[..., 0])
    low, high = nothing + ops.min(parts, axis=-1), nothing + ops.max(parts, axis=-1)
    close = TOLERANCE * ops.max(high - low, axis=-1, keepdims=True)

    def step(low: Tensor, high: Tensor, x: Tensor, change: Tensor) -> tuple[Any, Any, Any, Any]:
        distance = (x[..., None] - means) / deviations
        excess = ops.sum(weights * 0.5 * tf.math.erfc(-distance / math.sqrt(2)), axis=-1) - levels
        density = ops.sum(weights * ops.exp(-0.5 * ops.square(distance)) / deviations, axis=-1) / math.sqrt(2 * math.pi)
        low, high = ops.where(excess < 0, x, low), ops.where(excess < 0, high, x)
        newton = x - excess / ops.maximum(density, 1e-300)
        inside = ops.logical_and(newton > low, newton < high)
        following = ops.where(inside, newton, 0.5 * (low + high))
        return low, high, following, ops.abs(following - x)

    def goes_on(low: Tensor, high: Tensor, x: Tensor, change: Tensor) -> Tensor:
        return ops.any(change > close)

    start = (low, high, 0.5 * (low + high), high - low)
    return tf.while_loop(goes_on, step, start, maximum_iterations=MOST_STEPS)[2]
