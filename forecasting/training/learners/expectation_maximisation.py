"""Expectation maximisation (Baum & Welch) of a hidden Markov model, by hmmlearn, over all series at once.

The library is needed here alone: what it finds are the weights of a layer, which answers without it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from forecasting.config.training import Training
from forecasting.errors import TrainingError
from forecasting.layers.core import Core
from forecasting.network.single import ForecastNetwork
from forecasting.training.learned import Learned
from forecasting.training.learner import Learner
from forecasting.training.source import WindowSource

if TYPE_CHECKING:
    from hmmlearn.hmm import CategoricalHMM, GaussianHMM
    from keras.callbacks import Callback

#: Rows learnt from at most; a few states have few numbers to find.
MOST_ROWS = 200_000

MOST_ITERATIONS = 200

#: Observations that every probability is given besides those in the data (less one), so that none is exactly 0.
PRIOR = 1.01


def fit(
    network: ForecastNetwork, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Callback] = ()
) -> Learned:
    """Find start, transition and emission of a `HiddenMarkov` core.

    The series are cut into contexts that do not overlap, scaled as they will be when they are answered; each run of
    observed steps is one sequence, so a gap is never taken for a transition.

    Raises:
        TrainingError: there are fewer observed steps than states, or no fit succeeds.
    """
    started = time.perf_counter()
    contexts = scaled_contexts(network, source, training.seed)
    values, lengths = sequences(*contexts)
    if len(values) < 2 * config.states:
        raise TrainingError(
            f"{config.states} states need at least {2 * config.states} observed steps in windows that vary. Got "
            f"{len(values)}. Give more history, or fewer `states`.",
            code="too_short",
        )
    symbols = len(source.task.symbols)
    center, scale = (0.0, 1.0) if symbols else (float(values.mean()), float(values.std()) or 1.0)
    best, score = best_fit((values - center) / scale, lengths, config, symbols, training.seed)
    if symbols:
        network.core.emission.probabilities.assign(best.emissionprob_)
        write_chain(network.core, best, np.arange(config.states))
    else:
        order = np.argsort(best.means_[:, 0])
        network.core.emission.means.assign(center + scale * best.means_[order, 0])
        network.core.emission.deviations.assign(scale * np.sqrt(best.covars_[order, 0, 0]))
        write_chain(network.core, best, order)
    notes = {"log_likelihood_per_step": f"{score / len(values):.4f}", "iterations": str(best.monitor_.iter)}
    return Learned(time.perf_counter() - started, len(contexts[0]), notes=notes)


def scaled_contexts(network: ForecastNetwork, source: WindowSource, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return contexts [N, L] that do not overlap, scaled, and where they were observed; only those that vary."""
    length = source.task.context_length
    counts = -(-source.lengths // length)
    series = np.repeat(np.arange(len(counts)), counts)
    back = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    origins, firsts = (source.arrays.last[series] - length * back), source.arrays.first[series]
    most = max(1, MOST_ROWS // length)
    if len(origins) > most:
        chosen = np.sort(np.random.default_rng(seed).choice(len(origins), most, replace=False))
        origins, firsts = origins[chosen], firsts[chosen]
    scaled = network.scaler(source.gather(tf.constant(origins), tf.constant(firsts)).context)
    varies = scaled.varies.numpy()[:, 0] > 0
    return scaled.values.numpy()[varies], scaled.observed.numpy()[varies] > 0


def sequences(values: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the observed values end to end and the lengths of the runs without a gap that they are made of.

    Args:
        values: [N, L].
        observed: [N, L] bool.
    """
    apart = np.pad(observed, ((0, 0), (1, 1))).astype(int)
    change = np.diff(apart, axis=1)
    begins, ends = np.nonzero(change == 1), np.nonzero(change == -1)  # in the same order: row by row
    return values[observed], ends[1] - begins[1]


def best_fit(values: np.ndarray, lengths: np.ndarray, config: Any, symbols: int, seed: int) -> tuple[Any, float]:
    """Return the likeliest of several fits and its log likelihood.

    Raises:
        TrainingError: none of them succeeds.
    """
    fits, failure = [], None
    rows = values[:, None].astype(np.int64) if symbols else values[:, None]
    for restart in range(config.restarts):
        model = new_model(config.states, symbols, seed + restart)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about starting points, of which there are several
                model.fit(rows, lengths)
                fits.append((model, float(model.score(rows, lengths))))
        except ValueError as error:  # a state without any observation
            failure = error
    fits = [(model, score) for model, score in fits if np.isfinite(score)]
    if not fits:
        raise TrainingError(
            f"No fit with {config.states} states succeeded: {failure}. Give fewer `states`.", code="diverged"
        )
    return max(fits, key=lambda one: one[1])


def new_model(states: int, symbols: int, seed: int) -> CategoricalHMM | GaussianHMM:
    """Return an unfitted model of the library: of symbols, or of numbers where there are none."""
    from hmmlearn.hmm import CategoricalHMM, GaussianHMM

    shared = {"n_iter": MOST_ITERATIONS, "tol": 1e-3, "random_state": seed}
    priors = {"startprob_prior": PRIOR, "transmat_prior": PRIOR}
    if symbols:
        return CategoricalHMM(states, n_features=symbols, emissionprob_prior=PRIOR, **priors, **shared)
    return GaussianHMM(states, covariance_type="diag", **priors, **shared)


def write_chain(core: Core, model: Any, order: np.ndarray) -> None:
    """Write the start and the transitions of a fitted model into a `HiddenMarkov` layer, its states in this order."""
    core.start.assign(model.startprob_[order])
    core.transition.assign(model.transmat_[np.ix_(order, order)])


LEARNER = Learner(replaces=None, is_shareable=False, stops_early=False, fit=fit)
