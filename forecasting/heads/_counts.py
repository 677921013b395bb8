"""What the heads of counts share: 0, 1, 2, ... in original units, with a mean relative to the level of the window."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import tensorflow as tf
from keras import ops

from forecasting.config import Task
from forecasting.errors import ConfigError
from forecasting.heads._distribution import FURTHEST, Distribution

#: Smallest mean, relative to the level: it has a logarithm.
SMALLEST_MEAN = 1e-12

#: Below this skewness a quantile is that of the Cornish-Fisher expansion, rounded; above, the exact one is sought.
NEARLY_NORMAL = 0.02

#: Halvings at most: enough for brackets as wide as any count that float64 holds.
MOST_HALVINGS = 64


class Counts(Distribution):
    """Base of the distributions of counts. They live in original units, and are 0 or more by nature.

    The mean is softplus of the first raw number times the level of the window, so a network of scaled inputs can say
    it of large and of small series. Quantiles, medians and draws are whole numbers. There is no temperature.

    Args:
        task: its bounds, if any, must be ones that counts keep anyway.
        link: is not used.

    Raises:
        ConfigError: there is a bound that counts do not keep by nature, no level, or there are symbols.
    """

    is_whole = True

    def __init__(self, task: Task, link: Any = None, **kwargs: Any) -> None:
        super().__init__(task, None, **kwargs)
        if task.upper is not None or (task.lower or 0) > 0:
            raise ConfigError(
                f"Counts are at least 0 by nature and take no other bound. Got lower={task.lower}, "
                f"upper={task.upper}. Leave them out, or use another head, such as 'quantiles'.",
                code="bounds_unfit",
                field="lower" if task.upper is None else "upper",
            )

    def loss(self, raw: Any, scaled: Any, target: Any) -> Any:
        """Return the negative log probability [B, S] of targets [B, S], counts in original units.

        A target far above the level of its window counts as `FURTHEST` times that level.
        """
        raw = ops.cast(raw, "float64")
        count = ops.clip(target, 0.0, FURTHEST * (scaled.level + 1.0))
        return -self.log_probability(raw, count, log_mean_of(raw[..., 0], scaled))

    def quantiles(self, raw: Any, scaled: Any, levels: Any) -> Any:
        """Return the smallest counts [B, S, Q] up to which there is at least the share `levels`, [Q] or [B, S, Q]."""
        mean = ops.exp(log_mean_of(raw[..., 0], scaled))[..., None]
        dispersion = self.dispersion(raw)[..., None]
        levels = ops.cast(levels, "float64") + ops.zeros_like(mean)
        return count_quantiles(levels, mean, dispersion, lambda count: self.share_up_to(count, mean, dispersion))

    @abstractmethod
    def dispersion(self, raw: Any) -> Any:
        """Return alpha [B, S], by which the variance is mean + alpha mean^2."""

    @abstractmethod
    def log_probability(self, raw: Any, count: Any, log_mean: Any) -> Any:
        """Return the log probability [B, S] of counts [B, S] under means given by their logarithm [B, S]."""

    @abstractmethod
    def share_up_to(self, count: Any, mean: Any, dispersion: Any) -> Any:
        """Return P(Y <= count), everything broadcast."""


def log_mean_of(raw: Any, scaled: Any) -> Any:
    """Return log(softplus(raw) * level) as [B, S]."""
    return ops.log(ops.softplus(raw) + SMALLEST_MEAN) + ops.log(scaled.level)


def count_quantiles(levels: Any, mean: Any, dispersion: Any, share_up_to: Any) -> Any:
    """Return the smallest counts whose distribution function reaches the levels.

    Cantelli's inequality brackets them, mean - s sqrt((1 - q) / q) <= x <= mean + s sqrt(q / (1 - q)); the bracket is
    halved until one whole number is left. Where the distribution is all but normal, hence its counts too large for
    the distribution function in floating point, the Cornish-Fisher expansion (1938) is rounded up instead.

    Args:
        levels: [B, S, Q].
        mean: [B, S, 1].
        dispersion: [B, S, 1], alpha.
        share_up_to: the distribution function.
    """
    deviation = ops.sqrt(mean * (1 + dispersion * mean))
    skewness = (1 + 2 * dispersion * mean) / ops.maximum(deviation, 1e-300)
    is_normal = ops.logical_and(skewness < NEARLY_NORMAL, levels > 0)
    normal = ops.ceil(
        mean + deviation * cornish_fisher(levels, ops.minimum(skewness, 1.0), dispersion, deviation) - 0.5
    )
    odds = ops.sqrt(levels / (1 - levels))
    low = ops.maximum(ops.floor(mean - deviation / odds) - 1, -1.0)  # the share up to here is less than the level
    high = ops.ceil(mean + deviation * odds)
    low, high = ops.where(is_normal, normal, low), ops.where(is_normal, normal, high)

    def step(low: Any, high: Any) -> tuple[Any, Any]:
        middle = ops.floor((low + high) / 2)
        reached = share_up_to(ops.maximum(middle, 0.0)) >= levels
        open_ = high - low > 1
        found = ops.where(ops.logical_and(open_, reached), middle, high)
        return ops.where(ops.logical_and(open_, ops.logical_not(reached)), middle, low), found

    def goes_on(low: Any, high: Any) -> Any:
        return ops.any(high - low > 1)

    high = tf.while_loop(goes_on, step, (low, high), maximum_iterations=MOST_HALVINGS)[1]
    return ops.maximum(high, 0.0)


def cornish_fisher(levels: Any, skewness: Any, dispersion: Any, deviation: Any) -> Any:
    """Return standardised quantiles by the expansion with the third and fourth cumulants."""
    z = tf.math.ndtri(levels)
    excess = 6 * dispersion + 1 / ops.maximum(ops.square(deviation), 1e-300)
    third = (ops.power(z, 2) - 1) * skewness / 6
    fourth = (ops.power(z, 3) - 3 * z) * ops.minimum(excess, 1.0) / 24
    return z + third + fourth - (2 * ops.power(z, 3) - 5 * z) * ops.square(skewness) / 36
