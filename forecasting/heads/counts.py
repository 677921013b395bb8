"""What the heads of counts share: 0, 1, 2, ... in original units, with a mean relative to the level of the window."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import tensorflow as tf
from keras import ops

from forecasting.config.task import Task
from forecasting.heads.distribution import FURTHEST, Distribution
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

#: Smallest mean, relative to the level: it has a logarithm.
SMALLEST_MEAN = 1e-12

#: Below this skewness a quantile is that of an approximation, rounded; above, the exact one is sought.
NEARLY_NORMAL = 0.02

#: Counts in a row whose distribution function is seen at one look: those an approximation is off by at most one of.
LOOKED_AT = 4

#: Looks at most, every second one halves: enough for brackets as wide as any count that float64 holds.
MOST_LOOKS = 128

#: Smallest probability that is divided by.
TINY = 1e-300


class Counts(Distribution):
    """Base of the distributions of counts. They live in original units, and are 0 or more by nature.

    The mean is softplus of the first raw number times the level of the window, so a network of scaled inputs can say
    it of large and of small series. Quantiles, medians and draws are whole numbers. There is no temperature.

    Args:
        task: its bounds, if any, are ones that counts keep anyway (`ModelSpec.require_bounds`).
        link: is not used.

    Raises:
        ConfigError: there is no level, or there are symbols.
    """

    def __init__(self, task: Task, link: Link | None = None, **kwargs: Any) -> None:
        super().__init__(task, None, **kwargs)

    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return the negative log probability [B, S] of targets [B, S], counts in original units.

        A target far above the level of its window counts as `FURTHEST` times that level.
        """
        raw = ops.cast(raw, "float64")
        count = ops.clip(target, 0.0, FURTHEST * (scaled.level + 1.0))
        return -self.log_mass(count, log_mean_of(raw[..., 0], scaled), self.dispersion(raw))

    def quantiles(self, raw: Tensor, scaled: Scaled, levels: Tensor) -> Tensor:
        """Return the smallest counts [B, S, Q] up to which there is at least the share `levels`, [Q] or [B, S, Q]."""
        log_mean = log_mean_of(raw[..., 0], scaled)[..., None]
        mean, dispersion = ops.exp(log_mean), self.dispersion(raw)[..., None]
        levels = ops.cast(levels, "float64") + ops.zeros_like(mean)
        return count_quantiles(
            levels,
            mean,
            dispersion,
            lambda count: self.share_up_to(count, mean, dispersion),
            lambda count: self.log_mass(count, log_mean, dispersion),
        )

    @abstractmethod
    def dispersion(self, raw: Tensor) -> Tensor:
        """Return alpha [B, S], by which the variance is mean + alpha mean^2."""

    @abstractmethod
    def log_mass(self, count: Tensor, log_mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return the log probability of counts under means given by their logarithm, everything broadcast."""

    @abstractmethod
    def share_up_to(self, count: Tensor, mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return P(Y <= count), everything broadcast."""


def log_mean_of(raw: Tensor, scaled: Scaled) -> Tensor:
    """Return log(softplus(raw) * level) as [B, S]."""
    return ops.log(ops.softplus(raw) + SMALLEST_MEAN) + ops.log(scaled.level)


def count_quantiles(levels: Tensor, mean: Tensor, dispersion: Tensor, share_up_to: Tensor, log_mass: Tensor) -> Tensor:
    """Return the smallest counts whose distribution function reaches the levels.

    The approximation of `wilson_hilferty` is off by one at most for most counts, so the distribution function is
    taken once, near it, and a few probabilities are added. Where that does not suffice, it is tried elsewhere: by a
    step of Newton's method and by halving in turn, within the bracket that Cantelli's inequality gives,
    mean - s sqrt((1 - q) / q) <= x <= mean + s sqrt(q / (1 - q)). Where the distribution is all but normal, hence its
    counts too large for the distribution function in floating point, the approximation is the answer.

    Args:
        levels: [B, S, Q].
        mean: [B, S, 1].
        dispersion: [B, S, 1], alpha.
        share_up_to: the distribution function.
        log_mass: the logarithm of the probability of a count.
    """
    deviation = ops.sqrt(mean * (1 + dispersion * mean))
    skewness = (1 + 2 * dispersion * mean) / ops.maximum(deviation, 1e-300)
    is_normal = ops.logical_and(skewness < NEARLY_NORMAL, levels > 0)
    guess = ops.ceil(mean + deviation * wilson_hilferty(levels, skewness) - 0.5)
    odds = ops.sqrt(levels / (1 - levels))
    low = ops.maximum(ops.floor(mean - deviation / odds) - 1, -1.0)  # the share up to here is less than the level
    high = ops.ceil(mean + deviation * odds)
    low, high = ops.where(is_normal, guess - 1, low), ops.where(is_normal, guess, high)

    growth = mean / (1 + dispersion * mean)  # a mass is that before times growth (1 + alpha y) / (y + 1)

    def look(turn: Tensor, guess: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, ...]:
        first = ops.minimum(ops.maximum(guess - LOOKED_AT // 2, low + 1), high)
        masses, shares = [ops.exp(log_mass(first))], [share_up_to(first)]
        for number in range(LOOKED_AT - 1):
            count = first + float(number)
            masses.append(masses[-1] * growth * (1 + dispersion * count) / (count + 1))
            shares.append(shares[-1] + masses[-1])
        missing = ops.sum(ops.cast(ops.stack(shares) < levels, "float64"), axis=0)
        is_below, is_above = missing == 0, missing == LOOKED_AT  # the quantile is below or above what was looked at
        high = ops.where(is_above, high, ops.minimum(high, first + missing))
        low = ops.where(is_below, low, ops.maximum(low, first + missing - 1))
        far = first + (levels - shares[0]) / ops.maximum(masses[0], TINY)
        far = ops.where(is_above, first + LOOKED_AT + (levels - shares[-1]) / ops.maximum(masses[-1], TINY), far)
        middle = ops.floor((low + high) / 2)
        is_inside = ops.logical_and(far > low, far < high)
        newton = ops.where(is_inside, ops.ceil(far), middle)
        return turn + 1, ops.where(turn % 2 == 0, newton, middle), low, high

    def goes_on(turn: Tensor, guess: Tensor, low: Tensor, high: Tensor) -> Tensor:
        return ops.any(high - low > 1)

    variables = (tf.constant(0), guess, low, high)
    return ops.maximum(tf.while_loop(goes_on, look, variables, maximum_iterations=MOST_LOOKS)[3], 0.0)


def wilson_hilferty(levels: Tensor, skewness: Tensor) -> Tensor:
    """Return standardised quantiles of the distribution whose cube root is normal (1931), given the skewness.

    (2 / g) ((1 + g z / 6 - g^2 / 36)^3 - 1), which keeps its digits here where the skewness g is small.
    """
    root = ops.maximum(tf.math.ndtri(levels) / 6 - skewness / 36, -1 / skewness)
    change = skewness * root
    return 2 * root * (3 + 3 * change + ops.square(change))
