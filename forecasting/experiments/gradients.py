"""Vanishing and exploding gradients: how much of an error reaches the state k steps back, for every cell.

A network of each cell reads random inputs, with an error at its last step only. The norm of dE/dh_k, the gradient
with respect to the state k steps back (all states of the cell side by side), is what backpropagation through time has
left of that error (Pascanu, Mikolov & Bengio 2013). In a linear network with W = g Q, Q orthogonal, it is multiplied
by g at every step: it vanishes below g = 1 and explodes above. Squashing makes every factor smaller.

The remedies are shown beside the illness: an orthogonal start and gates whose forget bias is 1 or more against
vanishing, clipping by the global norm, as `Training.clip_norm` does it, against exploding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from forecasting.config.training import Training
from forecasting.experiments import Result
from forecasting.layers.encoders.recurrent import as_list
from forecasting.layers.recurrent import CELLS
from forecasting.plots.experiments import clipping_chart, decay_chart

#: It runs on its own data only.
READS_DATA = False

#: What the recurrent kernel of an Elman cell is multiplied by.
GAINS = (0.5, 1.0, 1.5, 2.0)

#: Steps back that the table shows.
SHOWN = (1, 10, 50, 100)

INPUTS, SEQUENCES = 8, 32

#: Gradient with respect to what the error does not depend on.
ZERO = tf.UnconnectedGradients.ZERO


@dataclass(frozen=True)
class GradientsSize:
    """How large the networks are.

    Attributes:
        steps: length of the sequences.
        units: width of the state.
        gains: number of gains at which clipping is shown.
    """

    steps: int
    units: int
    gains: int


FULL = GradientsSize(steps=100, units=64, gains=12)
QUICK = GradientsSize(steps=12, units=8, gains=4)


@dataclass(frozen=True)
class Gradients:
    """What one pass backwards gives.

    Attributes:
        by_steps_back: [T] mean over the sequences of the norm of dE/dh_k, the first one step back.
        weights: gradient of the error per sequence and unit, as a loss is averaged; one tensor per weight.
    """

    by_steps_back: np.ndarray
    weights: list[Any]


def run(quick: bool = False, seed: int = 1) -> Result:
    """Measure the gradients of every cell, and what helps; see `forecasting.experiments`."""
    size = QUICK if quick else FULL
    keras.utils.set_random_seed(seed)
    studies = {
        "cells": {name: usual(name) for name in CELLS.names()},
        "gain of an Elman cell": {f"gain {gain:g}": scaled_elman(gain) for gain in GAINS},
        "start of an Elman cell": {name.replace("_", " "): started_elman(name) for name in STARTS},
        "forget bias of an LSTM": {f"bias {bias:g}": biased_lstm(bias) for bias in (0.0, 1.0, 4.0)},
    }
    norms = {
        study: {name: measured(make, size).by_steps_back for name, make in makers.items()}
        for study, makers in studies.items()
    }
    gains = np.linspace(0.25, 3.0, size.gains)
    limit = Training().clip_norm
    before, after = np.array([clipped_norms(measured(scaled_elman(gain), size).weights, limit) for gain in gains]).T
    rows = [*norm_rows(norms), *clip_rows(gains, before, after)]
    cells = {"every cell as it starts": norms.pop("cells")}
    figures = {
        "cells": decay_chart(cells),
        "remedies": decay_chart(norms, {f"gain {gain:g}": gain for gain in GAINS}),
        "clipping": clipping_chart(gains, before, after, limit),
    }
    return Result(f"Norm of dE/dh k steps back, {size.units} units", rows, figures)


def gradients(cell: Any, inputs: np.ndarray, target: np.ndarray) -> Gradients:
    """Differentiate E = 1/2 |y_T - d|^2, with the output y_T of the last step, through time.

    Args:
        cell: a built Keras recurrent cell.
        inputs: [B, T, F].
        target: d [B, U].
    """
    states = as_list(cell.get_initial_state(batch_size=len(inputs)))
    visited = []
    with tf.GradientTape() as tape:
        for step in range(inputs.shape[1]):
            states = [tf.identity(state) for state in states]
            tape.watch(states)
            visited.append(states)
            output, states = cell(inputs[:, step], states)
            states = as_list(states)
        error = tf.reduce_sum(tf.square(output - target)) / 2
    weights = cell.trainable_variables
    found = tape.gradient(error, [visited, [weight.value for weight in weights]], unconnected_gradients=ZERO)
    by_step = [joint_norm(parts) for parts in found[0]]
    return Gradients(np.array(by_step[::-1]), [part / target.size for part in found[1]])


def joint_norm(parts: list[Any]) -> float:
    """Return the mean over the sequences of the norm of several tensors [B, ...] side by side."""
    squares = sum(tf.reduce_sum(tf.reshape(part, (part.shape[0], -1)) ** 2, axis=1) for part in parts)
    return float(tf.reduce_mean(tf.sqrt(squares)))


def clipped_norms(weights: list[Any], limit: float) -> tuple[float, float]:
    """Return the norm of the gradient of all weights taken as one vector, before and after clipping."""
    clipped, before = tf.clip_by_global_norm(weights, limit)
    return float(before), float(tf.linalg.global_norm(clipped))


def measured(make: Callable[[int], Any], size: GradientsSize) -> Gradients:
    """Return the gradients of a new cell over random sequences, the same ones for every cell."""
    cell = make(size.units)
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(SEQUENCES, size.steps, INPUTS))
    return gradients(cell, inputs, rng.normal(size=(SEQUENCES, size.units)))


def built(name: str, units: int, **choices: Any) -> Any:
    """Return a cell with its weights; in float64, because what vanishes leaves float32."""
    layer = CELLS.load(name).Layer(units, dtype="float64", name=name, **choices)
    layer(np.zeros((1, 1, INPUTS)))
    return layer.cell


def usual(name: str) -> Callable[[int], Any]:
    """Return a maker of a cell as networks start with it."""
    return lambda units: built(name, units)


def scaled_elman(gain: float) -> Callable[[int], Any]:
    """Return a maker of an Elman cell whose recurrent kernel is an orthogonal one times `gain`."""
    start = keras.initializers.Orthogonal(gain, seed=1)
    return lambda units: built("elman", units, recurrent_initializer=start)


#: Ways to start the recurrent kernel; the orthogonal one is usual, the uniform one (within 0.05) careless.
STARTS = ("orthogonal", "glorot_uniform", "identity", "random_uniform")


def started_elman(start: str) -> Callable[[int], Any]:
    """Return a maker of an Elman cell whose recurrent kernel starts in a way."""
    return lambda units: built("elman", units, recurrent_initializer=start)


def biased_lstm(bias: float) -> Callable[[int], Any]:
    """Return a maker of an LSTM cell whose forget gates start at a bias; 1 is usual."""

    def make(units: int) -> Any:
        cell = built("lstm", units)
        cell.bias.assign(np.repeat([0.0, bias, 0.0, 0.0], units))  # gates i, f, g, o
        return cell

    return make


def norm_rows(norms: dict[str, dict[str, np.ndarray]]) -> Iterator[dict[str, float | int | str]]:
    """Yield the rows of the norms at the steps back that are shown."""
    for study, networks in norms.items():
        for name, norm in networks.items():
            for k in (k for k in SHOWN if k <= len(norm)):
                yield {"study": study, "network": name, "k": k, "norm": float(norm[k - 1])}


def clip_rows(gains: np.ndarray, before: np.ndarray, after: np.ndarray) -> Iterator[dict[str, float | int | str]]:
    """Yield the rows of the norm of the gradient of all weights, before and after clipping."""
    for gain, norm, clipped in zip(gains, before, after, strict=True):
        yield {"study": "clipping", "network": f"gain {gain:.3g}", "norm": float(norm), "clipped": float(clipped)}
