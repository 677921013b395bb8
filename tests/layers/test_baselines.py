"""Baselines against forecasts worked out by hand."""

import numpy as np
import pytest

from forecasting.layers.baselines import Drift, Naive, SeasonalNaive
from forecasting.layers.inputs import Inputs

pytestmark = pytest.mark.fast


def run(layer, *rows):
    context = np.array(rows, float)
    observed = (~np.isnan(context)).astype(float)
    inputs = Inputs(np.nan_to_num(context), observed, np.zeros((len(rows), 1, 0), "float32"), np.zeros((len(rows), 0)))
    return np.asarray(layer(inputs))[:, :, 0]


def test_naive_repeats_the_last_observed_value():
    np.testing.assert_array_equal(run(Naive(3), [1, 2, 7], [1, 5, np.nan]), [[7, 7, 7], [5, 5, 5]])


def test_drift_continues_the_line_through_the_ends():
    np.testing.assert_allclose(run(Drift(3), [1, 9, 3, 7], [np.nan, 2, 4, np.nan]), [[9, 11, 13], [8, 10, 12]])


def test_drift_of_one_value_is_flat():
    np.testing.assert_allclose(run(Drift(2), [np.nan, 5, np.nan]), [[5, 5]])


def test_seasonal_naive_repeats_the_last_season():
    np.testing.assert_array_equal(run(SeasonalNaive(5, 2), [9, 9, 1, 2]), [[1, 2, 1, 2, 1]])


def test_seasonal_naive_takes_a_missing_phase_from_the_season_before():
    np.testing.assert_array_equal(run(SeasonalNaive(4, 2), [8, 9, np.nan, 2]), [[8, 2, 8, 2]])


def test_seasonal_naive_falls_back_to_the_last_value_where_a_phase_was_never_observed():
    np.testing.assert_array_equal(run(SeasonalNaive(2, 2), [np.nan, 9, np.nan, 2]), [[2, 2]])


@pytest.mark.parametrize("layer", [Naive(2), Drift(2), SeasonalNaive(2, 2)])
def test_nothing_observed_gives_zero(layer):
    np.testing.assert_array_equal(run(layer, [np.nan] * 4), [[0, 0]])
