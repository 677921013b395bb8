"""Normal distribution of every step."""

from __future__ import annotations

import math

import tensorflow as tf
from keras import ops

from forecasting.heads.distribution import LocationScale
from forecasting.heads.traits import HeadTraits
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=False, has_location=True)

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Head(LocationScale):
    """Reads mean and deviation of each step; P = 2."""

    traits = TRAITS

    parameters = 2

    def log_standard(self, z: Tensor, raw: Tensor) -> Tensor:
        """Return the log density of the standard normal distribution."""
        return -0.5 * ops.square(z) - HALF_LOG_TWO_PI

    def standard(self, levels: Tensor, raw: Tensor) -> Tensor:
        """Return the quantiles of the standard normal distribution."""
        return tf.math.ndtri(ops.cast(levels, "float64"))
