"""Real-time recurrent learning (Williams & Zipser 1989): the exact gradient of every error, at the moment it is made.

The derivatives of the state by all weights are carried forward, so nothing is unrolled and no past is kept. With U
units a step costs O(U^4): for small networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf

from forecasting.config.space import Between, Space
from forecasting.config.strict import require
from forecasting.config.training import Training
from forecasting.heads.base import BaseHead
from forecasting.layers.scaling import UNIT
from forecasting.layers.tensor import Tensor
from forecasting.training.learner import Learner
from forecasting.training.online.passes import OnlineConfig, fit, online
from forecasting.training.online.sensitivity import Dynamics

SEARCH: dict[str, Space] = {"learning_rate": Between(1e-4, 3e-2, log=True)}

OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}


@dataclass(frozen=True)
class Config(OnlineConfig):
    """What a gradient does to the weights, and how often the data is passed.

    The rate is `learning_rate` of `Training` and stays as it is; gradients are clipped to `clip_norm`.

    Attributes:
        optimizer: `adam` or `sgd`.
    """

    learner: ClassVar[str] = "rtrl"
    optimizer: str = "adam"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.optimizer in OPTIMIZERS, "optimizer", f"one of {', '.join(OPTIMIZERS)}", self.optimizer)

    def rule(self, dynamics: Dynamics, head: BaseHead, training: Training) -> GradientRule:
        """Return the rule with a fresh optimizer."""
        return GradientRule(dynamics, head, self, training)


class GradientRule:
    """Moves the weights against the gradient of the head's loss; see `Rule`.

    Args:
        dynamics: holds the weights.
        head: gives the loss.
        config: the optimizer.
        training: its rate and clipping.
    """

    def __init__(self, dynamics: Dynamics, head: BaseHead, config: Config, training: Training) -> None:
        self.dynamics = dynamics
        self.head = head
        self.optimizer = OPTIMIZERS[config.optimizer](
            training.learning_rate, weight_decay=training.weight_decay or None, global_clipnorm=training.clip_norm
        )
        self.optimizer.build(dynamics.weights)
        self.variables = {str(number): variable for number, variable in enumerate(self.optimizer.variables)}

    def learn(self, forecast: Tensor, target: Tensor, gradient: Tensor) -> None:
        """Take one step of the optimizer: dE/dw = dE/dy dy/dw."""
        with tf.GradientTape() as tape:
            tape.watch(forecast)
            truth = tf.cast(tf.reshape(target, [1, 1]), tf.float64)
            loss = tf.reduce_sum(self.head.loss(tf.reshape(forecast, [1, 1, 1]), UNIT, truth))
        by_weights = tape.gradient(loss, forecast) * gradient
        self.optimizer.apply(self.dynamics.split(by_weights), self.dynamics.weights)


LEARNER = Learner(
    replaces="gradient", is_shareable=False, stops_early=False, fit=fit, online=online, config=Config, search=SEARCH
)
