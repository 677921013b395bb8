"""Metrics against numbers worked out by hand, and against the M4 competition's definitions restated."""

import numpy as np
import pytest

from forecasting.evaluation import metrics
from forecasting.evaluation.metrics import Scored, ScoredSymbols, accuracy, evaluate, perplexity
from forecasting.evaluation.naive2 import is_seasonal, naive2, seasonal_factors


def scored(y, forecast, **given):
    y, forecast = np.atleast_2d(np.asarray(y, float)), np.atleast_2d(np.asarray(forecast, float))
    windows, horizon = y.shape
    defaults = {
        "series": np.zeros(windows, int),
        "scale": np.ones(windows),
        "square_scale": np.ones(windows),
        "naive2": np.zeros((windows, 0)),
        "quantiles": np.zeros((windows, horizon, 0)),
    }
    return Scored(y, forecast, **(defaults | given))


def test_point_metrics_of_one_window():
    found = evaluate(scored([1, 2, 4], [2, 2, 1], scale=np.array([2.0]), square_scale=np.array([4.0])))
    assert found["mae"] == pytest.approx(4 / 3)
    assert found["rmse"] == pytest.approx(np.sqrt(10 / 3))
    assert found["smape"] == pytest.approx((200 / 3 + 0 + 200 * 3 / 5) / 3)
    assert found["mase"] == pytest.approx(2 / 3)
    assert found["rmsse"] == pytest.approx(np.sqrt(10 / 3 / 4))
    assert found["wape"] == pytest.approx(4 / 7)


def test_missing_observations_count_for_nothing():
    assert evaluate(scored([1, np.nan, 4], [2, 99, 4]))["mae"] == pytest.approx(0.5)


def test_smape_of_zeros_is_zero():
    assert metrics.smape(scored([0, 0], [0, 0])) == 0


def test_what_has_nothing_to_be_compared_with_is_no_number():
    never_wrong = scored([5, 5], [5, 5], naive2=np.full((1, 2), 5.0))
    assert np.isnan(metrics.owa(never_wrong))
    nothing = scored([0, 0], [0, 0], quantiles=np.zeros((1, 2, 1)), quantile_levels=(0.5,))
    assert np.isnan([metrics.wape(nothing), metrics.wql(nothing), metrics.scaled_crps(nothing)]).all()


def test_every_series_counts_the_same_however_many_windows_it_has():
    y = np.zeros((4, 1))
    forecast = np.array([[1.0], [1.0], [1.0], [5.0]])
    found = metrics.mae(scored(y, forecast, series=np.array([0, 0, 0, 1]), scale=np.ones(4), square_scale=np.ones(4)))
    assert found == pytest.approx((1 + 5) / 2)


def test_a_history_that_never_changes_has_no_scale_and_counts_for_nothing():
    two = scored(np.ones((2, 1)), np.zeros((2, 1)), series=np.array([0, 1]), scale=np.array([0.0, 2.0]))
    assert metrics.mase(two) == pytest.approx(0.5)


def test_quantile_and_interval_metrics_of_one_window():
    quantiles = np.array([[[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]])
    one = scored([2, 5], [2, 2], quantiles=quantiles, quantile_levels=(0.1, 0.5, 0.9))
    pinball = np.array([[0.1 * 1, 0, 0.1 * 1], [0.1 * 4, 0.5 * 3, 0.9 * 2]]) * 2
    assert metrics.wql(one) == pytest.approx(pinball.mean(axis=1).sum() / 7)
    assert metrics.scaled_crps(one) == pytest.approx(pinball.mean() / 3.5)
    assert metrics.coverage(one, 80) == 0.5
    assert metrics.winkler(one, 80) == pytest.approx((2 + 2 + 2 / 0.2 * 2) / 2)


def test_owa_of_naive2_itself_is_one():
    y = np.arange(1.0, 7).reshape(2, 3)
    naive = y + 1
    one = scored(y, naive, naive2=naive, series=np.array([0, 1]), scale=np.array([1.0, 3.0]), square_scale=np.ones(2))
    assert metrics.owa(one) == pytest.approx(1)


def test_naive2_of_a_series_without_season_is_naive():
    walk = 100 + np.cumsum(np.random.default_rng(0).normal(size=60))
    np.testing.assert_allclose(naive2(walk, 3, 12), walk[-1])


def test_naive2_repeats_a_multiplicative_season_on_the_last_level():
    factors = np.array([0.5, 1.0, 1.5, 1.0])
    series = 100 * factors[np.arange(41) % 4]
    assert is_seasonal(series, 4)
    np.testing.assert_allclose(seasonal_factors(series, 4), factors)
    np.testing.assert_allclose(naive2(series, 6, 4), 100 * factors[(41 + np.arange(6)) % 4])


def test_naive2_keeps_its_phase_over_missing_values():
    factors = np.array([0.5, 1.0, 1.5, 1.0])
    series = 100 * factors[np.arange(42) % 4]
    series[[5, 40, 41]] = np.nan
    np.testing.assert_allclose(naive2(series, 4, 4), 100 * factors[(42 + np.arange(4)) % 4], rtol=0.06)


@pytest.mark.parametrize("series", [np.zeros(40), -np.ones(40), np.full(40, np.nan)])
def test_naive2_of_series_that_cannot_be_adjusted(series):
    expected = series[-1]
    np.testing.assert_array_equal(naive2(series, 2, 4), [expected, expected])


def test_symbols_are_scored_by_hits_and_by_the_probability_of_what_happened():
    nan = np.nan
    scored = ScoredSymbols(
        y=np.array([[0.0, 1.0], [2.0, nan], [1.0, 1.0]]),
        forecast=np.array([[0.0, 0.0], [2.0, 1.0], [1.0, 1.0]]),
        probability=np.array([[0.5, 0.25], [0.125, nan], [1.0, 0.25]]),
        series=np.array([0, 0, 1]),
    )
    # series 0: hits 1, 0, 1 and -log2 p = 1, 2, 3; series 1: hits 1, 1 and -log2 p = 0, 2
    assert accuracy(scored) == pytest.approx((2 / 3 + 1) / 2)
    assert perplexity(scored) == pytest.approx(2 ** ((2 + 1) / 2))


def test_what_was_held_impossible_has_no_finite_perplexity():
    one = np.zeros((1, 1))
    assert perplexity(ScoredSymbols(one, one, one, np.zeros(1, int))) == np.inf
