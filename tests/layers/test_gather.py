"""Windows cut on the device against brute force."""

import numpy as np
import pytest
import tensorflow as tf

from forecasting.data.panel import Panel
from forecasting.data.windows import layout, window_index
from forecasting.layers.gather import Gather
from tests.conftest import make_frame

pytestmark = pytest.mark.fast

L, H = 20, 5


@pytest.fixture(scope="module")
def panel():
    return Panel.from_frame(make_frame(series=4, rows=60, missing=0.1))


def gathered(panel, origins, firsts):
    arrays = layout(panel, ("hour_sin", "weekday_cos"), H)
    return Gather(tf.constant(arrays.y), tf.constant(arrays.known), L, H)(tf.constant(origins), tf.constant(firsts))


def test_every_window_equals_the_slice_of_its_own_series(panel):
    arrays = layout(panel, ("hour_sin", "weekday_cos"), H)
    index = window_index(arrays, L, H)
    windows = gathered(panel, *index.locate(np.arange(index.count)))
    number = 0
    for series in range(panel.n_series):
        y = panel.y[panel.offsets[series] : panel.offsets[series + 1]]
        for origin in range(L - 1, len(y) - H):
            np.testing.assert_array_equal(windows.context[number], y[origin - L + 1 : origin + 1])
            np.testing.assert_array_equal(windows.target[number], y[origin + 1 : origin + H + 1])
            number += 1
    assert number == index.count
    assert windows.known.shape == (index.count, L + H, 2)


def test_rows_before_the_first_read_as_missing_and_carry_no_features(panel):
    arrays = layout(panel, ("hour_sin", "weekday_cos"), H)
    first = arrays.first[1]
    windows = gathered(panel, np.array([first + 2]), np.array([first]))
    assert np.isnan(windows.context[0, : L - 3]).all()
    np.testing.assert_array_equal(windows.context[0, L - 3 :], panel.y[panel.offsets[1] :][:3])
    assert not np.any(windows.known[0, : L - 3])


def test_the_target_after_the_last_row_is_missing(panel):
    arrays = layout(panel, ("hour_sin", "weekday_cos"), H)
    windows = gathered(panel, arrays.last, arrays.first)
    assert np.isnan(windows.target).all()
