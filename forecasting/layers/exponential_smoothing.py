"""Exponential smoothing with additive seasonality as a layer, whose coefficients are read from the window itself."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.layers.tensor import Tensor

#: Steps of one product at most: within a season the recursion is a product with a triangular matrix.
LONGEST_BLOCK = 64

#: Hidden units between a window's statistics and its coefficients.
UNITS = 8

#: Where the two coefficients start, as log odds: alpha 0.12, gamma 0.27.
START = (-2.0, -1.0)

#: Smallest size that is told from 0, in scaled units.
SMALLEST = 1e-3

#: Largest coefficient: at 1 nothing of the past would be left, and its logarithm would be infinite.
LARGEST = 0.999


class ExponentialSmoothing(keras.layers.Layer):
    """Level l and season s of a window y [B, L] (Holt & Winters, additive, without trend):

        l_t = l_{t-1} + alpha (y_t - s_t - l_{t-1})
        s_{t+m} = s_t + gamma (y_t - s_t - l_t)

    Where y_t is missing, level and season stay as they are. In Smyl 2020 every series has coefficients and a first
    season of its own; here a small network reads the coefficients from statistics of the window, and the first season
    is the mean of each phase's distance from its cycle's mean, so that series never seen are smoothed like others.

    Within m steps no season is read that was written in them, and the level is linear in y: so m steps are one product
    with a triangular matrix, not m steps of a loop.

    Args:
        horizon: H.
        period: m; 1 smooths the level alone.
    """

    def __init__(self, horizon: int, period: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.horizon = horizon
        self.period = period
        self.hidden = keras.layers.Dense(UNITS, "tanh", name="hidden")
        start = keras.initializers.Constant(START)
        self.coefficients = keras.layers.Dense(2, kernel_initializer="zeros", bias_initializer=start, name="odds")

    def build(self, *shapes: Any) -> None:
        """Do nothing: the layers inside make their weights."""
        self.built = True

    def call(self, values: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is left of the window [B, L], 0 where missing, and the forecast [B, H].

        What is left is y_t - s_t - l_L, relative to the last level.

        Args:
            values: [B, L], 0 where missing.
            observed: [B, L], 1 where observed.
        """
        alpha, gamma = ops.split(self.rates(values, observed), 2, axis=1)  # [B, 1] each
        level, seasons, season = self.smoothed(values, observed, alpha, gamma)
        ahead = ops.take(season, np.arange(self.horizon) % self.period, axis=1)
        return observed * (values - seasons - level), level + ahead

    def rates(self, values: Tensor, observed: Tensor) -> Tensor:
        """Return alpha and gamma [B, 2], up to `LARGEST`, from the size of steps and seasonal steps, and gaps."""
        size = mean_where(ops.abs(values), observed)
        parts = [ops.mean(observed, axis=1, keepdims=True)]
        for lag in (1, min(self.period, values.shape[1] - 1)):
            differences, both = lagged(values, observed, lag)
            parts.append(ops.log(SMALLEST + mean_where(ops.abs(differences), both)) - ops.log(SMALLEST + size))
        return LARGEST * ops.sigmoid(self.coefficients(self.hidden(ops.concatenate(parts, axis=1))))

    def smoothed(self, values: Tensor, observed: Tensor, alpha: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the last level [B, 1], the season [B, L] of each step before it was seen, and the season [B, m] after.

        Args:
            values: [B, L], 0 where missing.
            observed: [B, L].
            alpha: [B, 1].
            gamma: [B, 1].
        """
        period, length = self.period, values.shape[1]
        size = min(period, LONGEST_BLOCK) if period > 1 else LONGEST_BLOCK
        level, season = self.first(values, observed)
        padding = -length % size
        y, seen = in_blocks(values, size, padding), in_blocks(observed, size, padding)
        rates = alpha * seen, gamma * seen
        blocks = map(ops.unstack, (y, *rates, *kept_after(rates[0])))  # each [B, size], of_step [B, size, size]
        seasons = []
        for now_y, level_rate, season_rate, of_level, of_step in zip(*blocks, strict=True):
            now = season[:, :size] if period > 1 else ops.zeros_like(now_y)
            left = now_y - now
            levels = of_level * level + ops.einsum("btj,bj->bt", of_step, level_rate * left)
            level = levels[:, -1:]
            seasons.append(now)
            if period > 1:
                season = ops.concatenate([season[:, size:], now + season_rate * (left - levels)], axis=1)
        after_last = (np.arange(period) - padding) % period
        return level, ops.concatenate(seasons, axis=1)[:, :length], ops.take(season, after_last, axis=1)

    def first(self, values: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the level [B, 1] and the season [B, m] before the first step; that of a phase never seen is 0."""
        period, length = self.period, values.shape[1]
        padding = -length % period
        y, seen = (
            ops.reshape(ops.pad(part, ((0, 0), (0, padding))), (-1, (length + padding) // period, period))
            for part in (values, observed)
        )
        means = ops.sum(y, axis=2, keepdims=True) / ops.maximum(ops.sum(seen, axis=2, keepdims=True), 1.0)
        season = ops.sum(seen * (y - means), axis=1) / ops.maximum(ops.sum(seen, axis=1), 1.0)
        span = min(length, max(period, 4))
        level = mean_where(values[:, :span], observed[:, :span])
        return level, season if period > 1 else ops.zeros_like(season)


def in_blocks(values: Tensor, size: int, padding: int) -> Tensor:
    """Return values [B, T], with zeros added behind them, as [blocks, B, size]."""
    blocks = ops.reshape(ops.pad(values, ((0, 0), (0, padding))), (-1, (values.shape[1] + padding) // size, size))
    return ops.transpose(blocks, (1, 0, 2))


def kept_after(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Return the share that l_t keeps of l_0 [..., T], and of what step j added to l_j [..., T, T].

    With l_t = l_{t-1} + alpha_t (x_t - l_{t-1}) and c_t the sum of log(1 - alpha_j) up to t, these are exp(c_t) and,
    from j on, exp(c_t - c_j): l_t = exp(c_t) l_0 + sum_{j <= t} exp(c_t - c_j) alpha_j x_j.

    Args:
        alpha: [..., T], from 0 (missing) to below 1.
    """
    decay = ops.cumsum(ops.log1p(-alpha), axis=-1)
    later = np.tril(np.ones((alpha.shape[-1],) * 2, bool))
    return ops.exp(decay), ops.exp(ops.where(later, decay[..., :, None] - decay[..., None, :], -np.inf))


def lagged(values: Tensor, observed: Tensor, lag: int) -> tuple[Tensor, Tensor]:
    """Return differences [B, L - lag] over `lag` steps, and where both ends were observed."""
    length = values.shape[1]
    return values[:, lag:] - values[:, : length - lag], observed[:, lag:] * observed[:, : length - lag]


def mean_where(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean [B, 1] of values [B, T] where the weight is 1; 0 where it is nowhere."""
    return ops.sum(weight * values, axis=1, keepdims=True) / ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1.0)
