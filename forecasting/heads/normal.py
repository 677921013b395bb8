"""Normal distribution of every step."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from keras import ops

from forecasting.heads._distribution import LocationScale

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Head(LocationScale):
    """Reads mean and deviation of each step; P = 2."""

    parameters = 2

    def log_standard(self, z: Any, raw: Any) -> Any:
        """Return the log density of the standard normal distribution."""
        return -0.5 * ops.square(z) - HALF_LOG_TWO_PI

    def standard(self, levels: Any, raw: Any) -> Any:
        """Return the quantiles of the standard normal distribution."""
        return tf.math.ndtri(ops.cast(levels, "float64"))
