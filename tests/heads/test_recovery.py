"""Heads recover processes whose parameters are known: what they say is what made the series."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel

LEVELS = (0.1, 0.5, 0.9)
SIGMA = 0.5


def frame_of(values):
    """Return series [S, T] as a long frame with integer steps."""
    count, rows = values.shape
    ids = np.repeat([f"s{number}" for number in range(count)], rows)
    return pd.DataFrame({"unique_id": ids, "ds": np.tile(np.arange(rows), count), "y": values.ravel()})


def autoregression(phi, series=8, rows=500, seed=0):
    """Return series [S, T] of y_t = phi_1 y_{t-1} + ... + SIGMA e_t."""
    rng = np.random.default_rng(seed)
    y = np.zeros((series, rows + 50))
    for step in range(len(phi), rows + 50):
        past = sum(weight * y[:, step - lag - 1] for lag, weight in enumerate(phi))
        y[:, step] = past + SIGMA * rng.normal(size=series)
    return y[:, 50:]


def fitted(values, horizon=1, context=3, steps=300, **choices):
    training = Training(
        steps=steps, validate_every=steps, batch_size=256, learning_rate=1e-2, refit=False, truncation=0.0
    )
    config = {"units": 16, "layers": 1, "scaling": "none", "season": 1, **choices}
    return Forecaster("ff-ar", horizon, context_length=context, training=training, **config).fit(frame_of(values))


def answers(forecaster, values):
    """Return the answer from every origin of one more series [T], and the origins [W]."""
    origins = np.arange(forecaster.predictor.task.context_length - 1, len(values) - 1)
    panel = Panel.from_frame(frame_of(values[None]))
    return forecaster.predictor.predict_panel(
        panel, forecaster.predictor.question(quantile_levels=LEVELS), Origins(np.zeros_like(origins), origins)
    ), origins


@pytest.mark.parametrize(("phi", "head"), [((0.8,), "normal"), ((0.5, 0.3), "student-t")])
def test_an_autoregression_is_recovered_with_its_noise(phi, head):
    answer, origins = answers(fitted(autoregression(phi), head=head), autoregression(phi, 1, 200, seed=9)[0])
    y = autoregression(phi, 1, 200, seed=9)[0]
    expected = sum(weight * y[origins - lag] for lag, weight in enumerate(phi))
    lags = np.stack([y[origins - lag] for lag in range(len(phi))] + [np.ones(len(origins))], axis=1)
    found = np.linalg.lstsq(lags, answer.median[:, 0], rcond=None)[0]
    sigma = (answer.at(0.9) - answer.at(0.1))[:, 0] / (2 * stats.norm.ppf(0.9))
    np.testing.assert_allclose(found[:-1], phi, atol=0.08)
    np.testing.assert_allclose(sigma.mean(), SIGMA, rtol=0.1)
    assert np.sqrt(np.mean(np.square(answer.median[:, 0] - expected))) < 0.3 * SIGMA


def test_the_quantiles_of_paths_widen_as_those_of_the_process():
    """h steps ahead the variance of an AR(1) is sigma^2 (1 - phi^2h) / (1 - phi^2); conditional ones stay sigma^2."""
    phi, horizon = 0.8, 6
    forecaster = fitted(autoregression((phi,)), horizon, decoding="recursive", head="normal")
    answer, _ = answers(forecaster, autoregression((phi,), 1, 60, seed=9)[0])
    found = (answer.at(0.9) - answer.at(0.1)).mean(axis=0) / (2 * stats.norm.ppf(0.9))
    steps = np.arange(1, horizon + 1)
    expected = SIGMA * np.sqrt((1 - phi ** (2 * steps)) / (1 - phi**2))
    np.testing.assert_allclose(found, expected, rtol=0.15)


def test_a_negative_binomial_process_is_recovered():
    """Counts with the mean 3 + 0.5 y_{t-1} and the dispersion 0.3."""
    rng, alpha = np.random.default_rng(0), 0.3

    def counts(series, rows):
        y = np.full((series, rows), 6.0)
        for step in range(1, rows):
            mean = 3 + 0.5 * y[:, step - 1]
            y[:, step] = rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mean))
        return y

    forecaster = fitted(counts(8, 500), head="negative-binomial")
    y = counts(1, 200)[0]
    answer, origins = answers(forecaster, y)
    mean = 3 + 0.5 * y[origins]
    expected = stats.nbinom(1 / alpha, 1 / (1 + alpha * mean))
    errors = [np.abs(answer.at(level)[:, 0] - expected.ppf(level)).mean() for level in LEVELS]
    network = forecaster.predictor.network
    scaled = network.scaler(np.stack([y[origins - 2], y[origins - 1], y[origins]], axis=1))
    raw = network.core(network.inputs_of(scaled, np.zeros((len(origins), 4, 0), "float32"), None))
    found = float(np.mean(network.head.dispersion(np.asarray(raw, "float64"))))
    np.testing.assert_allclose(found, alpha, atol=0.08)
    assert max(errors) < 1.5
    assert errors[1] < 0.7


def test_a_mixture_says_of_two_peaks_what_a_normal_distribution_cannot():
    rng = np.random.default_rng(0)
    values = 3 * rng.choice([-1, 1], (8, 500)) + 0.5 * rng.normal(size=(8, 500))
    held = 3 * rng.choice([-1, 1], (1000, 4)) + 0.5 * rng.normal(size=(1000, 4))
    losses = {}
    for head in ("normal", "mixture-density:components=2"):
        network = fitted(values, steps=600, units=4, head=head).predictor.network
        known = np.zeros((1000, 4, 0), "float32")
        losses[head] = float(network.loss_and_error(held[:, :3], known, held[:, 3:], None)[0])
    normal, mixture = losses.values()
    possible = np.log(2) + 0.5 * np.log(2 * np.pi * np.e * 0.25)  # the entropy of two peaks that do not overlap
    assert mixture < possible + 0.2 < normal - 0.3


@pytest.mark.parametrize("scaling", ["standard", "asinh"])
@pytest.mark.parametrize(("loss", "expected"), [("absolute", 1.0), ("squared", np.exp(0.5))])
def test_a_mean_is_that_of_the_values_under_every_scaling(scaling, loss, expected):
    """Values without a memory, log-normal: their median is 1, their mean exp(1/2)."""
    values = np.random.default_rng(3).lognormal(size=(8, 600))
    forecaster = fitted(values, context=40, units=4, scaling=scaling, head=f"point:loss={loss}")
    found = forecaster.predictor.predict_panel(Panel.from_frame(frame_of(values))).median
    assert found.mean() == pytest.approx(expected, rel=0.15)
