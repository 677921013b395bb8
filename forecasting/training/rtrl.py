"""Real-time recurrent learning (Williams & Zipser 1989): the exact gradient of every error, at the moment it is made.

The derivatives of the state by all weights are carried forward, so nothing is unrolled and no past is kept. With U
units a step costs O(U^4): for small networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from forecasting.config import StrictConfig, Task, Training, is_count, require
from forecasting.training._learned import Learned
from forecasting.training._online import OnlineLearner
from forecasting.training._passes import online_dynamics, teach
from forecasting.training._sensitivity import Dynamics
from forecasting.training._source import WindowSource

INSTEAD_OF = "gradient"

OPTIMIZERS = {"adam": keras.optimizers.AdamW, "sgd": keras.optimizers.SGD}


@dataclass(frozen=True)
class Config(StrictConfig):
    """What a gradient does to the weights, and how often the data is passed.

    The rate is `learning_rate` of `Training` and stays as it is; gradients are clipped to `clip_norm`.

    Attributes:
        optimizer: `adam` or `sgd`.
        passes: times that `fit` goes over the data.
        burn_in: observations of a series that only set its scale.
    """

    optimizer: str = "adam"
    passes: int = 1
    burn_in: int = 10

    def __post_init__(self) -> None:
        require(self.optimizer in OPTIMIZERS, "optimizer", f"one of {', '.join(OPTIMIZERS)}", self.optimizer)
        require(is_count(self.passes), "passes", "an integer of at least 1", self.passes)
        require(is_count(self.burn_in, 0), "burn_in", "an integer of at least 0", self.burn_in)


class GradientRule:
    """Moves the weights against the gradient of the head's loss; see `Rule`.

    Args:
        dynamics: holds the weights.
        head: gives the loss.
        config: the optimizer.
        training: its rate and clipping.
    """

    def __init__(self, dynamics: Dynamics, head: Any, config: Config, training: Training) -> None:
        self.dynamics = dynamics
        self.head = head
        self.optimizer = OPTIMIZERS[config.optimizer](
            training.learning_rate, weight_decay=training.weight_decay, global_clipnorm=training.clip_norm
        )
        self.optimizer.build(dynamics.weights)
        self.variables = {str(number): variable for number, variable in enumerate(self.optimizer.variables)}

    def learn(self, forecast: Any, target: Any, gradient: Any) -> None:
        """Take one step of the optimizer: dE/dw = dE/dy dy/dw."""
        with tf.GradientTape() as tape:
            tape.watch(forecast)
            loss = tf.reduce_sum(self.head.loss(tf.reshape(forecast, [1, 1, 1]), tf.reshape(target, [1, 1])))
        by_weights = tape.gradient(loss, forecast) * gradient
        self.optimizer.apply(self.dynamics.split(by_weights), self.dynamics.weights)


def fit(
    network: Any, source: WindowSource, config: Config, training: Training, callbacks: Sequence[Any] = ()
) -> Learned:
    """Teach a recursive network of single steps; see `_passes.teach`.

    Raises:
        ConfigError: the network is not one for this learner, or too large.
        TrainingError: no observation could be learnt from, or a weight is not finite.
    """
    return teach(online(network, source.task, config, training), source.panel, config.passes, callbacks)


def online(network: Any, task: Task, config: Config, training: Training) -> OnlineLearner:
    """Return the learner before it has seen anything; with `restore` it goes on from a state."""
    dynamics = online_dynamics(network, "rtrl")
    rule = GradientRule(dynamics, network.head, config, training)
    return OnlineLearner(network, task, dynamics, rule, config.burn_in)
