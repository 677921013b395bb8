"""Exponential smoothing against the recursion written step by step."""

import numpy as np
import pytest

from forecasting.layers.exponential_smoothing import LONGEST_BLOCK, ExponentialSmoothing

pytestmark = pytest.mark.fast

B, H = 3, 9


def layer(period):
    made = ExponentialSmoothing(H, period)
    made(*window(2 * period + 3))
    rng = np.random.default_rng(5)
    made.set_weights([rng.normal(0, 0.8, weight.shape) for weight in made.get_weights()])
    return made


def window(length, missing=0.0, seed=0):
    rng = np.random.default_rng(seed)
    values = np.sin(np.arange(length) / 2) + np.arange(length) / 40 + rng.normal(0, 0.3, (B, length))
    observed = rng.random((B, length)) >= missing
    return np.where(observed, values, 0).astype("float32"), observed.astype("float32")


def recursion(made, values, observed):
    """The equations of the docstring, one step after the other."""
    rates, (levels, seasons) = np.asarray(made.rates(values, observed)), map(np.asarray, made.first(values, observed))
    left, ahead, m = np.zeros_like(values), [], made.period
    for b, (alpha, gamma) in enumerate(rates):
        level, season = levels[b, 0], list(seasons[b])  # season[t] is that of step t
        for t, (y, seen) in enumerate(zip(values[b], observed[b], strict=True)):
            if seen:
                level = level + alpha * (y - season[t] - level)
            season.append(season[t] + gamma * (y - season[t] - level) * (m > 1) if seen else season[t])
        length = len(values[b])
        left[b] = observed[b] * (values[b] - season[:length] - level)
        ahead.append([level + season[length + h % m] for h in range(H)])
    return left, np.array(ahead)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize(
    ("period", "length"), [(1, 10), (1, 2 * LONGEST_BLOCK + 5), (4, 22), (7, 14), (6, 4), (90, 200)]
)
def test_it_equals_the_recursion_step_by_step(period, length, missing):
    made, values = layer(period), window(length, missing)
    for found, expected in zip(made(*values), recursion(made, *values), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_a_season_that_repeats_is_forecast_exactly_whatever_the_coefficients():
    values = np.tile(np.array([[3.0, -1.0, 0.5, -2.5]], "float32"), (B, 6))
    left, ahead = layer(4)(values, np.ones_like(values))
    np.testing.assert_allclose(left, 0, atol=1e-5)
    np.testing.assert_allclose(ahead, values[:, :H], atol=1e-5)


def test_a_coefficient_near_1_follows_the_series_and_stays_finite():
    made, values = layer(4), np.tile(np.arange(24.0, dtype="float32"), (B, 1))
    *others, bias = made.get_weights()
    made.set_weights([*(weight * 0 for weight in others), bias * 0 + 1e4])
    left, ahead = made(values, np.ones_like(values))
    assert np.isfinite(left).all()
    np.testing.assert_allclose(ahead[:, 3], 23, atol=0.1)  # the phase of the last step, whose season is its level


def test_a_window_in_which_nothing_was_observed_is_forecast_as_0():
    nothing = np.zeros((B, 24), "float32")
    for part in layer(4)(nothing, nothing):
        np.testing.assert_array_equal(part, 0)
