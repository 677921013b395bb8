"""Poisson distribution of counts: the variance is the mean."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras import ops

from forecasting.heads._counts import Counts


class Head(Counts):
    """Reads the mean of each step, relative to the level of the window; P = 1."""

    parameters = 1

    def dispersion(self, raw: Any) -> Any:
        """Return 0 [B, S]: there is no more variance than the mean."""
        return ops.zeros_like(raw[..., 0])

    def log_mass(self, count: Any, log_mean: Any, dispersion: Any) -> Any:
        """Return y log m - m - log y!."""
        return count * log_mean - ops.exp(log_mean) - tf.math.lgamma(count + 1)

    def share_up_to(self, count: Any, mean: Any, dispersion: Any) -> Any:
        """Return P(Y <= count): the upper incomplete gamma function at the mean."""
        return tf.math.igammac(count + 1, mean + ops.zeros_like(count))
