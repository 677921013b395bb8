"""The extended Kalman filter as a learner (Singhal & Wu 1989; Puskorius & Feldkamp 1994, global form).

The weights w are the state of a filter whose measurement is the network's forecast y of what is then observed, d.
With H = dy/dw through all of the past, the covariance P of the weights, measurement noise R and process noise Q::

    K = P H (H' P H + R)^-1        w <- w + K (d - y)        P <- P - K H' P + Q I

P remembers which weights earlier observations have already settled, so far fewer observations are needed than by a
gradient; a step costs O(W^2) for W weights on top of the derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from forecasting.config.strict import is_count, is_number, require
from forecasting.config.training import Training
from forecasting.heads.base import BaseHead
from forecasting.layers.tensor import Tensor
from forecasting.training.learner import Learner
from forecasting.training.online.passes import OnlineConfig, fit, online
from forecasting.training.online.sensitivity import Dynamics


@dataclass(frozen=True)
class Config(OnlineConfig):
    """The filter's assumptions, in scaled units.

    Attributes:
        covariance: variance of every weight around its start.
        measurement_noise: R, variance of an observation that the network cannot know.
        process_noise: Q, variance that every weight gains with every observation: how fast the truth may move.
        largest_error: errors are cut at so many of their expected deviations, so that one wild value does not undo
            what was learnt; 0 cuts none.
        half_life: updates after which the process noise has halved; 0 keeps it.
    """

    learner: ClassVar[str] = "ekf"
    covariance: float = 1.0
    measurement_noise: float = 0.1
    process_noise: float = 1e-6
    largest_error: float = 5.0
    half_life: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("covariance", "measurement_noise"):
            require(is_number(getattr(self, name)) and getattr(self, name) > 0, name, "above 0", getattr(self, name))
        for name in ("process_noise", "largest_error"):
            require(
                is_number(getattr(self, name)) and getattr(self, name) >= 0, name, "at least 0", getattr(self, name)
            )
        require(is_count(self.half_life, 0), "half_life", "an integer of at least 0", self.half_life)

    def rule(self, dynamics: Dynamics, head: BaseHead, training: Training) -> KalmanRule:
        """Return a filter that knows nothing yet; it has no use for a loss or a rate."""
        return KalmanRule(dynamics, self)


class KalmanRule:
    """One measurement update of the filter; see `Rule`. P is float64: it loses its symmetry and sign otherwise.

    Args:
        dynamics: holds the weights.
        config: the filter's assumptions.
    """

    def __init__(self, dynamics: Dynamics, config: Config) -> None:
        self.dynamics = dynamics
        self.config = config
        self.covariance = tf.Variable(config.covariance * np.eye(dynamics.n_weights), trainable=False)
        self.updates = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self.variables = {"covariance": self.covariance, "updates": self.updates}

    def learn(self, forecast: Tensor, target: Tensor, gradient: Tensor) -> None:
        """Move weights and covariance by one innovation."""
        h = tf.cast(gradient, tf.float64)
        ph = tf.linalg.matvec(self.covariance, h)
        variance = tf.tensordot(h, ph, 1) + self.config.measurement_noise
        change = ph / variance * self.innovation(forecast, target, variance)
        for weight, part in zip(self.dynamics.weights, self.dynamics.split(change), strict=True):
            weight.assign_add(tf.cast(part, weight.dtype))
        settled = ph[:, None] * ph[None] / variance  # K H' P, symmetric as it stands
        self.covariance.assign(tf.linalg.set_diag(self.covariance - settled, self.diagonal(settled)))
        self.updates.assign_add(1.0)

    def innovation(self, forecast: Tensor, target: Tensor, variance: Tensor) -> Tensor:
        """Return d - y, cut where it is far beyond the deviation that the filter expects of it."""
        error = tf.cast(target - forecast, tf.float64)
        if not self.config.largest_error:
            return error
        largest = self.config.largest_error * tf.sqrt(variance)
        return tf.clip_by_value(error, -largest, largest)

    def diagonal(self, settled: Tensor) -> Tensor:
        """Return the diagonal of the new covariance: less what is settled, more the process noise."""
        noise = tf.constant(self.config.process_noise, tf.float64)
        if self.config.half_life:
            noise *= 0.5 ** (self.updates / self.config.half_life)
        return tf.linalg.diag_part(self.covariance) - tf.linalg.diag_part(settled) + noise


LEARNER = Learner(replaces="gradient", is_shareable=False, stops_early=False, fit=fit, online=online, config=Config)
