"""Poisson distribution of counts: the variance is the mean."""

from __future__ import annotations

import tensorflow as tf
from keras import ops

from forecasting.heads.counts import Counts
from forecasting.heads.traits import HeadTraits
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=True, has_location=False)


class Head(Counts):
    """Reads the mean of each step, relative to the level of the window; P = 1."""

    traits = TRAITS

    parameters = 1

    def dispersion(self, raw: Tensor) -> Tensor:
        """Return 0 [B, S]: there is no more variance than the mean."""
        return ops.zeros_like(raw[..., 0])

    def log_mass(self, count: Tensor, log_mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return y log m - m - log y!."""
        return count * log_mean - ops.exp(log_mean) - tf.math.lgamma(count + 1)

    def share_up_to(self, count: Tensor, mean: Tensor, dispersion: Tensor) -> Tensor:
        """Return P(Y <= count): the upper incomplete gamma function at the mean."""
        return tf.math.igammac(count + 1, mean + ops.zeros_like(count))
