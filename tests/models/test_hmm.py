"""The hidden Markov model: its recursion against the library, its quantiles against samples, what it recovers."""

import numpy as np
import pandas as pd
import pytest
from hmmlearn.hmm import CategoricalHMM, GaussianHMM
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import Forecaster
from forecasting.config.task import QUANTILE_GRID
from forecasting.errors import TrainingError
from forecasting.layers.hidden_markov import CategoricalEmission, GaussianEmission, filtered
from forecasting.layers.mixture import mixture_quantiles
from forecasting.training.learners.expectation_maximisation import sequences

A, K, L = 3, 5, 40


def random_model(kind, seed):
    """Return a model of the library with random parameters."""
    rng = np.random.default_rng(seed)
    model = kind(A)
    model.startprob_ = rng.dirichlet(np.ones(A))
    model.transmat_ = rng.dirichlet(np.ones(A), A)
    if kind is GaussianHMM:
        model.n_features = 1
        model.means_, model.covars_ = rng.normal(0, 2, (A, 1)), rng.uniform(0.1, 2, (A, 1))
    else:
        model.n_features, model.emissionprob_ = K, rng.dirichlet(np.ones(K), A)
    return model


def emission_of(model):
    if isinstance(model, GaussianHMM):
        emission = GaussianEmission(A, [0.5])
        emission.means.assign(model.means_[:, 0])
        emission.deviations.assign(np.sqrt(model.covars_[:, 0, 0]))
    else:
        emission = CategoricalEmission(A, K)
        emission.probabilities.assign(model.emissionprob_)
    return emission


def recursion(model, values, observed=None):
    observed = np.ones(values.shape) if observed is None else observed
    likelihoods = emission_of(model).log_likelihood(values.astype("float64"), observed)
    states, densities = filtered(likelihoods, model.startprob_, model.transmat_)
    return np.asarray(states), np.asarray(densities)


@pytest.mark.parametrize("kind", [GaussianHMM, CategoricalHMM])
@pytest.mark.parametrize("seed", range(5))
def test_the_forward_recursion_is_that_of_the_library(kind, seed):
    model = random_model(kind, seed)
    drawn = model.sample(L, random_state=seed)[0]
    states, densities = recursion(model, drawn.T)
    log_likelihood, posteriors = model.score_samples(drawn)
    np.testing.assert_allclose(densities.sum(), log_likelihood, rtol=1e-9)
    # given everything, the last state is given everything up to it
    np.testing.assert_allclose(states[-1, 0], posteriors[-1], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(states[L // 2, 0], model.predict_proba(drawn[: L // 2 + 1])[-1], rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("kind", [GaussianHMM, CategoricalHMM])
def test_a_missing_step_only_moves_the_state_on(kind):
    model = random_model(kind, 7)
    drawn = model.sample(L, random_state=0)[0].T
    observed = np.ones(drawn.shape)
    observed[0, -3:] = 0
    states, densities = recursion(model, drawn, observed)
    expected = states[-4, 0] @ np.linalg.matrix_power(model.transmat_, 3)
    np.testing.assert_allclose(states[-1, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(densities[-3:], 0, atol=1e-12)


def test_a_far_outlier_leaves_probabilities():
    states, _ = recursion(random_model(GaussianHMM, 1), np.array([[0.0, 1e9, 0.0]]))
    np.testing.assert_allclose(states.sum(axis=2), 1)


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_quantiles_of_a_mixture_turn_back_into_their_levels(seed):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(A, 0.3), (2, 4))
    means, deviations = rng.normal(0, 10, A), np.exp(rng.normal(-1, 2, A))
    levels = np.array([0.01, *QUANTILE_GRID, 0.99])
    found = np.asarray(mixture_quantiles(weights, means, deviations, levels))
    standard = (found[..., None] - means) / deviations
    probability = (weights[:, :, None] * np.vectorize(normal_cdf)(standard)).sum(axis=-1)
    density = (weights[:, :, None] * np.exp(-(standard**2) / 2) / deviations).sum(axis=-1)
    width = np.ptp(found)
    assert (np.abs(probability - levels) <= 1e-9 + 1e-9 * width * density).all()
    assert (np.diff(found, axis=-1) > 0).all()


def normal_cdf(x):
    from math import erfc, sqrt

    return 0.5 * erfc(-x / sqrt(2))


def test_quantiles_of_a_mixture_are_those_of_samples():
    rng = np.random.default_rng(0)
    weights, means, deviations = np.array([0.2, 0.5, 0.3]), np.array([-4.0, 0.0, 3.0]), np.array([0.5, 1.0, 0.3])
    state = rng.choice(3, 200_000, p=weights)
    drawn = rng.normal(means[state], deviations[state])
    levels = np.array(QUANTILE_GRID)
    found = np.asarray(mixture_quantiles(weights[None], means, deviations, levels))[0]
    np.testing.assert_allclose(found, np.quantile(drawn, levels), atol=0.05)


def regimes(count, seed=0):
    """Return a series that stays around -5, 0 or 5 for about 20 steps each."""
    rng = np.random.default_rng(seed)
    transition = np.full((3, 3), 0.025) + 0.925 * np.eye(3)
    state = [0]
    while len(state) < count:
        state.append(rng.choice(3, p=transition[state[-1]]))
    return np.array([-5.0, 0.0, 5.0])[state] + rng.normal(0, [0.5, 1.0, 1.5], (count, 3))[np.arange(count), state]


def test_it_recovers_the_states_of_numbers_and_answers_alike_after_loading(tmp_path):
    y = regimes(3000)
    y[100:130] = np.nan
    frame = pd.DataFrame({"ds": np.arange(3000), "y": y})
    fitted = Forecaster("hmm", 4, states=3, scaling="none", context_length=60, season=1).fit(frame)
    core = fitted.predictor.network.core
    np.testing.assert_allclose(core.emission.means, [-5, 0, 5], atol=0.2)
    np.testing.assert_allclose(core.emission.deviations, [0.5, 1.0, 1.5], atol=0.2)
    np.testing.assert_allclose(np.diag(core.transition), 0.95, atol=0.03)
    before = fitted.predict(level=[80])
    assert (before["hmm-lo-80"] < before["hmm"]).all()
    after = Forecaster.load(fitted.save(tmp_path / "model")).predict(frame, level=[80])
    pd.testing.assert_frame_equal(after, before)


def test_it_recovers_the_states_of_symbols():
    rng = np.random.default_rng(0)
    state = np.arange(2000) // 25 % 2
    y = np.array(list("abcd"), object)[2 * state + (rng.random(2000) < 0.3)]
    frame = pd.DataFrame({"ds": np.arange(2000), "y": y})
    fitted = Forecaster("hmm", 3, states=2, head="categorical").fit(frame)
    found = np.asarray(fitted.predictor.network.core.emission.probabilities)
    found = found[np.argsort(found[:, 2])]
    np.testing.assert_allclose(found, [[0.7, 0.3, 0, 0], [0, 0, 0.7, 0.3]], atol=0.05)
    shares = fitted.predict(probabilities=True)[["hmm-p-c", "hmm-p-d"]].to_numpy()
    np.testing.assert_allclose(shares[0], [0.7, 0.3], atol=0.1)


def test_sequences_are_split_at_gaps():
    values = np.arange(10.0).reshape(2, 5)
    observed = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool)
    found, lengths = sequences(values, observed)
    assert found.tolist() == [0, 1, 3, 6, 7, 8, 9]
    assert lengths.tolist() == [2, 1, 4]


def test_too_few_observed_steps_are_refused():
    frame = pd.DataFrame({"ds": np.arange(12), "y": [*np.arange(5.0), *[np.nan] * 7]})
    with pytest.raises(TrainingError, match="4 states need at least 8 observed steps"):
        Forecaster("hmm", 2, season=1).fit(frame)
