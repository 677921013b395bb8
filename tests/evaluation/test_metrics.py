"""Metrics against numbers worked out by hand, and against the M4 competition's definitions restated."""

import dataclasses

import numpy as np
import pytest

from forecasting.evaluation import metrics
from forecasting.evaluation.metrics import POINT_METRICS, Scored, ScoredSymbols, accuracy, evaluate, perplexity
from forecasting.evaluation.naive2 import is_seasonal, naive2, seasonal_factors
from forecasting.evaluation.probabilistic import coverage_by_level, pit_histogram

pytestmark = pytest.mark.fast


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


def without(one, gone):
    return dataclasses.replace(one, y=np.where(gone, np.nan, one.y))


def all_metrics(one):
    found = evaluate(one, (80,))
    return {**found, "pooled": coverage_by_level(one, [80])[0], "pit": pit_histogram(one)[1]}


@pytest.fixture
def some():
    """Windows of three series with intervals and Naive2's forecasts, and steps to take something away from."""
    rng = np.random.default_rng(0)
    y, forecast, benchmark = rng.normal(5, 1, (3, 12, 4))
    one = scored(
        y,
        forecast,
        series=np.repeat([0, 1, 2], 4),
        scale=rng.uniform(1, 2, 12),
        square_scale=rng.uniform(1, 2, 12),
        naive2=benchmark,
        quantiles=forecast[:, :, None] + np.array([-1.0, 0, 1]),
        quantile_levels=(0.1, 0.5, 0.9),
    )
    gone = rng.random((12, 4)) < 0.3
    gone[2] = gone[8:] = True  # a window, and a series
    return one, gone


def test_a_step_without_a_forecast_counts_like_one_without_an_observation(some):
    one, gone = some
    quantiles = np.where(gone[:, :, None], np.nan, one.quantiles)
    found = dataclasses.replace(one, forecast=np.where(gone, np.nan, one.forecast), quantiles=quantiles)
    assert_same(all_metrics(found), all_metrics(without(one, gone)))


def test_a_step_without_bounds_counts_for_nothing_in_what_is_said_of_bounds(some):
    one, gone = some
    found = all_metrics(dataclasses.replace(one, quantiles=np.where(gone[:, :, None], np.nan, one.quantiles)))
    bare, plain = all_metrics(without(one, gone)), all_metrics(one)
    assert_same(found, {name: plain[name] if name in POINT_METRICS else value for name, value in bare.items()})


def test_both_sides_of_owa_are_of_the_same_steps(some):
    one, gone = some
    expected = metrics.owa(without(one, gone))
    assert metrics.owa(dataclasses.replace(one, naive2=np.where(gone, np.nan, one.naive2))) == expected
    assert metrics.owa(dataclasses.replace(one, forecast=np.where(gone, np.nan, one.forecast))) == expected


def test_where_nothing_was_answered_there_is_no_number(some):
    one, _ = some
    nothing = np.full(one.y.shape, np.nan)
    found = all_metrics(dataclasses.replace(one, forecast=nothing, quantiles=np.full(one.quantiles.shape, np.nan)))
    assert np.isnan([value for name, value in found.items() if name != "pit"]).all()


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12, err_msg=name)


def test_quantile_and_interval_metrics_of_one_window():
    quantiles = np.array([[[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]])
    one = scored([2, 5], [2, 2], quantiles=quantiles, quantile_levels=(0.1, 0.5, 0.9))
    pinball = np.array([[0.1 * 1, 0, 0.1 * 1], [0.1 * 4, 0.5 * 3, 0.9 * 2]]) * 2
    assert metrics.wql(one) == pytest.approx(pinball.mean(axis=1).sum() / 7)
    assert metrics.scaled_crps(one) == pytest.approx((pinball @ [0.3, 0.4, 0.3]).mean() / 3.5)
    assert metrics.pinball_at(one, 0.9) == pytest.approx((0.1 + 1.8) / 2)
    assert metrics.width(one, 80) == 2
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
    unanswered = dataclasses.replace(scored, forecast=np.array([[0.0, nan], [2.0, 1.0], [1.0, 1.0]]))
    assert accuracy(unanswered) == 1


def test_what_was_held_impossible_has_no_finite_perplexity():
    one = np.zeros((1, 1))
    assert perplexity(ScoredSymbols(one, one, one, np.zeros(1, int))) == np.inf
