"""Negative binomial distribution of counts: the variance grows with the square of the mean."""

from __future__ import annotations

import tensorflow as tf
from keras import ops

from forecasting.heads.counts import Counts
from forecasting.heads.traits import HeadTraits
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=True, has_location=False)

#: Smallest dispersion: below it the distribution is Poisson's, and 1 / alpha loses digits.
SMALLEST_DISPERSION = 1e-6


class Head(Counts):
    """Reads mean m, relative to the level of the window, and dispersion alpha = softplus of each step; P = 2.

    The variance is m + alpha m^2 (Salinas et al. 2020). alpha says how far the mean itself varies, in shares of it, and
    so needs no scale of the window.
    """

    traits = TRAITS

    parameters = 2

    def dispersion(self, raw: Tensor) -> Tensor:
        """Return alpha [B, S]."""
        return ops.softplus(raw[..., 1]) + SMALLEST_DISPERSION

    def log_mass(self, count: Tensor, log_mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return the log probability, with alpha the dispersion and r = 1 / alpha.

        log G(y + r) - log G(r) - log y! - r log(1 + alpha m) + y log(alpha m / (1 + alpha m)).
        """
        r = 1 / dispersion
        log_ratio = ops.log(dispersion) + log_mean  # alpha m
        chosen = tf.math.lgamma(count + r) - tf.math.lgamma(r) - tf.math.lgamma(count + 1)
        return chosen - r * ops.softplus(log_ratio) + count * ops.log_sigmoid(log_ratio)

    def share_up_to(self, count: Tensor, mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return P(Y <= count): the incomplete beta function I(r, y + 1) at 1 / (1 + alpha m)."""
        nothing = ops.zeros_like(count)
        return tf.math.betainc(1 / dispersion + nothing, count + 1, 1 / (1 + dispersion * mean) + nothing)
