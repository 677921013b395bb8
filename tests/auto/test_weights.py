"""Weights of an ensemble, found on forecasts whose right combination is known."""

import numpy as np
import pytest

from forecasting.auto.weights import greedy_weights, scaled_error

pytestmark = pytest.mark.fast

W, H = 400, 6


@pytest.fixture(scope="module")
def signals():
    return np.random.default_rng(0).normal(size=(4, W, H))


@pytest.mark.parametrize("right", [(0.5, 0.5, 0, 0), (0.75, 0.25, 0, 0), (0.5, 0.25, 0.25, 0), (0, 0, 1, 0)])
def test_the_right_weights_are_found(signals, right):
    y = np.tensordot(right, signals, axes=1)
    found = greedy_weights(signals, y, np.ones(W), most=4)
    np.testing.assert_allclose(found, right, atol=0.05)


def test_there_are_no_more_members_than_asked_for(signals):
    y = signals.mean(axis=0)
    for most in (1, 2, 3, 4):
        weights = greedy_weights(signals, y, np.ones(W), most)
        assert np.count_nonzero(weights) == most
        assert weights.sum() == pytest.approx(1)


def test_an_average_that_gains_nothing_is_not_taken(signals):
    found = greedy_weights(np.stack([signals[0], signals[0] + 1e-4, signals[1]]), signals[0], np.ones(W), most=3)
    assert found.tolist() == [1, 0, 0]


def test_the_first_is_taken_where_nothing_can_be_compared(signals):
    for y, chosen in ((np.full((W, H), np.nan), signals), (signals[0][:0], signals[:, :0])):
        assert greedy_weights(chosen, y, np.ones(len(y)), most=3).tolist() == [1, 0, 0, 0]


def test_windows_count_by_their_scale_and_only_where_observed(signals):
    y = signals[0].copy()
    scale = np.ones(W)
    y[: W // 2] = signals[1, : W // 2]
    scale[: W // 2] = np.nan
    y[W // 2, :3] = np.nan
    assert greedy_weights(signals, y, scale, most=3).tolist() == [1, 0, 0, 0]
    error = np.abs(y - signals[1])[W // 2 :]
    assert scaled_error(signals[1], y, 2 * scale) == pytest.approx(np.nanmean(error) / 2)
    assert scaled_error(signals[1], y, scale, degree=2) == pytest.approx(np.nanmean(error**2) ** 0.5)


def test_squares_prefer_what_is_never_far_off():
    y = np.zeros((W, 1))
    forecasts = np.stack([np.where(np.arange(W) % 10 == 0, 5.0, 0.0), np.ones(W)])[:, :, None]
    assert greedy_weights(forecasts, y, np.ones(W), most=1).tolist() == [1, 0]
    assert greedy_weights(forecasts, y, np.ones(W), most=1, degree=2).tolist() == [0, 1]
