"""The hidden Markov model as a layer: what the state is after the context, and what comes of it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from forecasting.layers.core import Core
from forecasting.layers.inputs import Inputs
from forecasting.layers.mixture import log_normal, mixture_quantiles
from forecasting.layers.tensor import Tensor

#: Keeps logarithms finite where a state has no probability.
TINY = 1e-300


class HiddenMarkov(Core):
    """A chain of A hidden states, each with a distribution of what is observed (Rabiner 1989).

    The forward recursion p_t ~ (p_{t-1} T) * b(y_t), normalised, runs over the context; a missing step has no b. The
    state h steps after it has the probabilities p T^h, and what is observed then is the mixture of the states'
    distributions. A learner writes the weights.

    Args:
        horizon: H.
        states: A.
        emission: `GaussianEmission` or `CategoricalEmission`.
        head: its `raw_of` turns outputs into raw numbers.
    """

    def __init__(self, horizon: int, states: int, emission: Any, head: keras.Layer, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.horizon = horizon
        self.emission = emission
        self.head = head
        self.start = self.add_weight(
            shape=(states,), initializer=keras.initializers.Constant(1 / states), trainable=False, name="start"
        )
        self.transition = self.add_weight(
            shape=(states, states),
            initializer=keras.initializers.Constant(1 / states),
            trainable=False,
            name="transition",
        )
        self.supports_jit = False  # Loops.

    def build(self, input_shape: Any) -> None:
        """Do nothing: all weights are there."""
        self.built = True

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        likelihoods = self.emission.log_likelihood(inputs.values, inputs.observed)
        last = filtered(likelihoods, self.start, self.transition)[0][-1]
        transition = ops.convert_to_tensor(self.transition)
        ahead = tf.scan(lambda state, _: ops.matmul(state, transition), tf.range(self.horizon), last)  # [H, B, A]
        return self.head.raw_of(self.emission.outputs(ops.transpose(ahead, (1, 0, 2))))


def filtered(log_likelihoods: Tensor, start: Tensor, transition: Tensor) -> tuple[Tensor, Tensor]:
    """Run the forward recursion.

    Args:
        log_likelihoods: [B, L, A] log density of what was observed under each state, 0 where nothing was.
        start: [A] probabilities of the first state.
        transition: [A, A], each row sums to 1.

    Returns:
        [L, B, A] probabilities of the state given what was observed up to each step, and [L, B] log density of each
        step given those before.
    """
    steps = ops.transpose(log_likelihoods, (1, 0, 2))
    transition = ops.convert_to_tensor(transition)

    def updated(expected: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        joint = ops.log(ops.maximum(expected, TINY)) + step
        return ops.softmax(joint, axis=-1), ops.logsumexp(joint, axis=-1)

    def following(carry: tuple[Tensor, Tensor], step: Tensor) -> tuple[Tensor, Tensor]:
        return updated(ops.matmul(carry[0], transition), step)

    first = updated(ops.broadcast_to(start, ops.shape(steps[0])), steps[0])
    states, densities = first[0][None], first[1][None]
    if steps.shape[0] > 1:
        more_states, more_densities = tf.scan(following, steps[1:], first)
        states = ops.concatenate([states, more_states], axis=0)
        densities = ops.concatenate([densities, more_densities], axis=0)
    return states, densities


class GaussianEmission(keras.layers.Layer):
    """A normal distribution for each state.

    Args:
        states: A.
        levels: [Q] quantile levels of the outputs.
    """

    def __init__(self, states: int, levels: Tensor, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.levels = np.asarray(levels, "float64")
        self.means = self.add_weight(shape=(states,), initializer=evenly, trainable=False, name="means")
        self.deviations = self.add_weight(shape=(states,), initializer="ones", trainable=False, name="deviations")

    def log_likelihood(self, values: Tensor, observed: Tensor) -> Tensor:
        """Return the log density [B, L, A] of values [B, L], 0 where not observed."""
        return observed[:, :, None] * log_normal(values[:, :, None], self.means, self.deviations)

    def outputs(self, weights: Tensor) -> Tensor:
        """Return the quantiles [B, H, Q] of the mixtures with the weights [B, H, A]."""
        return mixture_quantiles(weights, self.means, self.deviations, self.levels)


class CategoricalEmission(keras.layers.Layer):
    """A probability of each of K symbols for each state.

    Args:
        states: A.
        symbols: K.
    """

    def __init__(self, states: int, symbols: int, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.probabilities = self.add_weight(
            shape=(states, symbols),
            initializer=keras.initializers.Constant(1 / symbols),
            trainable=False,
            name="probabilities",
        )

    def log_likelihood(self, values: Tensor, observed: Tensor) -> Tensor:
        """Return the log probability [B, L, A] of codes [B, L], 0 where not observed."""
        of_symbol = ops.log(ops.maximum(ops.transpose(self.probabilities), TINY))  # [K, A]
        return observed[:, :, None] * ops.take(of_symbol, ops.cast(values, "int32"), axis=0)

    def outputs(self, weights: Tensor) -> Tensor:
        """Return the probabilities [B, H, K] of symbols under weights [B, H, A]."""
        return ops.matmul(weights, self.probabilities)


def evenly(shape: tuple[int, ...], dtype: Any = None) -> Tensor:
    """Return numbers from -1 to 1 at even distances: means of states that nothing has been learnt of."""
    return ops.linspace(-1.0, 1.0, shape[0], dtype=dtype)
