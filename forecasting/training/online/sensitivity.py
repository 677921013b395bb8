"""A recurrent network as a dynamic system, with the derivatives of state and forecast by all weights, step by step.

With the state s [n] (all states of all layers, end to end), the input x, the weights w [W] and the forecast y::

    s_t, y_t = F(s_{t-1}, x_t; w)
    d(s_t, y_t)/dw = (dF/ds) ds_{t-1}/dw + dF/dw

The sensitivity ds/dw [n, W] is carried forward (Williams & Zipser 1989, "A learning algorithm for continually running
fully recurrent neural networks"), so the gradient of the forecast by the weights, through all of the past, is there
at every step. The partial derivatives come from one Jacobian of one step, so any cell will do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf

from forecasting.layers.core import Core
from forecasting.layers.tensor import Tensor


class Step(NamedTuple):
    """What one step leads to.

    Attributes:
        state: [n], s_t.
        forecast: scalar, y_t, in scaled units.
        sensitivity: [n, W], ds_t/dw.
        gradient: [W], dy_t/dw.
    """

    state: Tensor
    forecast: Tensor
    sensitivity: Tensor
    gradient: Tensor


class Dynamics:
    """One step of a network that predicts the next value from a state.

    Args:
        core: a recursive core over single steps, with a point head and its weights made.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.weights = core.trainable_variables
        states = core.encoder.initial_states(1)
        self.sizes = [state.shape[1] for state in states]
        self.initial = tf.concat(states, axis=1)[0].numpy()

    @property
    def n_states(self) -> int:
        """The number n of states."""
        return len(self.initial)

    @property
    def n_weights(self) -> int:
        """W."""
        return sum(math.prod(weight.shape) for weight in self.weights)

    def split(self, flat: Tensor) -> list[Tensor]:
        """Return numbers [W] in the shapes of the weights."""
        parts = tf.split(flat, [math.prod(weight.shape) for weight in self.weights])
        return [tf.reshape(part, weight.shape) for part, weight in zip(parts, self.weights, strict=True)]

    def advance(self, state: Tensor, token: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next state [n] and the forecast of the next value.

        Args:
            state: [n].
            token: [C], the value, whether it was observed, and its features.
            known: [F], features of the step that is forecast.
        """
        summary, states = self.core.encoder.step(token[None], tf.split(state[None], self.sizes, axis=1))
        raw = self.core.readout(summary, known[None, None])
        return tf.concat(states, axis=1)[0], self.core.head.point(raw, None)[0, 0]

    def step(self, state: Tensor, sensitivity: Tensor, token: Tensor, known: Tensor) -> Step:
        """Return the next state and the forecast with their derivatives; arguments as in `advance` and `Step`."""
        with tf.GradientTape() as tape:
            tape.watch(state)
            following, forecast = self.advance(state, token, known)
            reached = tf.concat([following, forecast[None]], axis=0)
        by_state, *by_weights = tape.jacobian(
            reached, [state, *self.weights], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        direct = tf.concat([tf.reshape(part, [self.n_states + 1, -1]) for part in by_weights], axis=1)
        total = tf.matmul(by_state, sensitivity) + direct
        return Step(following, forecast, total[:-1], total[-1])
