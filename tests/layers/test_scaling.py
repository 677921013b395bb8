"""Scaling of windows: against NumPy, reversible, finite for every kind of window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.config.scaling import SCHEMES
from forecasting.layers.scaling import WindowScaler

pytestmark = pytest.mark.fast

WINDOW = np.array([[3.0, np.nan, 5.0, 10.0], [np.nan, 2.0, 2.5, np.nan]])


def test_standard_scaling_uses_observed_values_only():
    scaled = WindowScaler("standard")(WINDOW)
    np.testing.assert_allclose(scaled.center[:, 0], [6.0, 2.25])
    np.testing.assert_allclose(scaled.scale[:, 0], [np.std([3, 5, 10]), 0.25])
    np.testing.assert_array_equal(scaled.observed, ~np.isnan(WINDOW))
    assert not np.asarray(scaled.values)[np.isnan(WINDOW)].any()


def test_last_scaling_subtracts_the_last_observed_value():
    scaled = WindowScaler("last")(WINDOW)
    np.testing.assert_allclose(scaled.center[:, 0], [10.0, 2.5])


def test_mean_scaling_divides_by_the_mean_size():
    scaled = WindowScaler("mean")(-WINDOW)
    np.testing.assert_allclose(scaled.scale[:, 0], [6.0, 2.25])
    np.testing.assert_allclose(scaled.center[:, 0], 0)


def test_asinh_scaling_is_last_scaling_of_curved_values():
    window = np.array([[0.0, -2.0, 30.0, np.nan, 4000.0, 700.0]])
    seen = window[:, [0, 1, 2, 4, 5]]
    unit = 0.1 * np.abs(seen).mean()
    curved = np.arcsinh(seen / unit)
    scaled = WindowScaler("asinh")(window)
    values = (curved - curved[:, -1:]) / curved.std()
    np.testing.assert_allclose(np.asarray(scaled.values)[:, [0, 1, 2, 4, 5]], values, rtol=1e-12)
    ahead = unit * np.sinh(curved[:, -1:] + curved.std() * np.array([[0.5, -3.0]]))
    np.testing.assert_allclose(scaled.original(np.array([[0.5, -3.0]])), ahead, rtol=1e-12)
    np.testing.assert_allclose(scaled.relative(ahead), [[0.5, -3.0]], rtol=1e-12)
    assert np.isfinite(scaled.original(np.array([[1e30, -1e30]]))).all()


def test_shift_scaling_divides_all_windows_by_the_mean_deviation_of_the_series():
    series = [np.array([1.0, 2, np.nan, 6]), np.array([np.nan, 3, 3, 3]), np.array([40.0, 80, 60, 20, np.nan])]
    scaler = WindowScaler("shift")
    scaler.adapt(np.concatenate(series), np.array([0, 4, 8]))
    deviation = (np.std([1, 2, 6]) + np.std([40, 80, 60, 20])) / 2  # the constant one has none
    scaled = scaler(WINDOW)
    np.testing.assert_allclose(scaled.center[:, 0], [10.0, 2.5])
    np.testing.assert_allclose(scaled.scale[:, 0], [deviation, deviation])
    np.testing.assert_allclose(np.asarray(scaled.values)[0, [0, 2, 3]], np.array([-7, -5, 0]) / deviation)


@pytest.mark.parametrize("y", [[], [np.nan, np.nan], [5.0, 5.0, np.nan], [1e300, 1e300]])
def test_shift_scaling_of_series_that_do_not_vary_divides_by_one(y):
    scaler = WindowScaler("shift")
    scaler.adapt(np.array(y, "float64"), np.zeros(min(len(y), 1), "int64"))
    np.testing.assert_array_equal(scaler(WINDOW).scale, [[1.0], [1.0]])


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=30)
@given(arrays(np.float64, (3, 8), elements=st.floats(-1e300, 1e300) | st.just(np.nan)))
def test_scaling_is_finite_and_reversible(scheme, context):
    scaled = WindowScaler(scheme)(context)
    for part in scaled[: 6 + (scaled.unit is not None)]:
        assert np.isfinite(part).all()
    assert (np.asarray(scaled.scale) > 0).all()
    back = np.asarray(scaled.original(np.asarray(scaled.values)))
    observed = ~np.isnan(context)
    largest = np.max(np.abs(np.where(observed, context, 0)), axis=1, keepdims=True)
    # Values below 1e-280 count as 0.
    allowed = np.maximum(1e-9 * np.broadcast_to(largest, context.shape), 1e-279)
    assert (np.abs(back - context) <= allowed)[observed].all()


@pytest.mark.parametrize("scheme", ["standard", "last", "shift", "asinh"])
@pytest.mark.parametrize("level", [0.0, 7.0, -3e15, 1e-200])
def test_a_constant_window_is_recognised_and_gives_its_constant(scheme, level):
    scaled = WindowScaler(scheme)(np.full((1, 50), level))
    assert float(scaled.varies[0, 0]) == 0
    answer = np.asarray(scaled.original(np.full((1, 2, 1), 3.0)))
    np.testing.assert_allclose(answer, level, rtol=1e-10, atol=1e-280)


def test_a_sine_on_a_level_of_1e9_is_still_a_sine():
    sine = np.sin(np.arange(100) / 5)
    scaled = WindowScaler("standard")((1e9 + sine)[None])
    np.testing.assert_allclose(scaled.values[0], (sine - sine.mean()) / sine.std(), atol=1e-5)
