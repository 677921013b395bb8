"""Windows are counted and located by arithmetic; enumerating them is the oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.features import calendar_features, encode
from forecasting.data.windows import PanelArrays, layout, window_index

pytestmark = pytest.mark.fast

HOURLY = Frequency.parse("h")
Lengths = list[int]
lengths_of_series = st.lists(st.integers(1, 25), min_size=1, max_size=6)


def panel_of(lengths: Lengths) -> Panel:
    """Series s counts 1000 s, 1000 s + 1, ..., so that a value tells its series and its row."""
    values = [1000.0 * series + np.arange(length) for series, length in enumerate(lengths)]
    return Panel.from_arrays([f"s{i}" for i in range(len(lengths))], ["2024-01-01"] * len(lengths), values, HOURLY)


def origins_by_brute_force(usable: int, length: int, context_length: int, horizon: int) -> list[int]:
    """Return the origins of one series by trying every row."""
    full = [row for row in range(usable) if row + 1 >= context_length and row + horizon <= usable - 1]
    if usable >= context_length + horizon:
        return full
    if usable > horizon:
        least = min(horizon, usable - horizon)
        return [row for row in range(usable) if row + 1 >= least and row + horizon <= usable - 1]
    return [usable // 2 - 1] if usable >= 2 and usable == length else []


@given(lengths_of_series, st.integers(1, 12), st.integers(1, 8), st.data())
def test_the_index_is_that_of_brute_force(lengths, context_length, horizon, data):
    arrays = layout(panel_of(lengths), (), horizon)
    usable = [data.draw(st.integers(0, length)) for length in lengths]
    index = window_index(arrays, context_length, horizon, arrays.first + np.array(usable))

    expected = [
        (first + origin, first)
        for first, used, length in zip(arrays.first.tolist(), usable, lengths, strict=True)
        for origin in origins_by_brute_force(used, length, context_length, horizon)
    ]
    assert index.count == len(expected)
    origins, firsts = index.locate(np.arange(index.count))
    assert list(zip(origins.tolist(), firsts.tolist(), strict=True)) == expected


@given(lengths_of_series, st.integers(1, 12), st.integers(1, 8))
def test_no_window_mixes_series_and_every_target_comes_after_its_context(lengths, context_length, horizon):
    arrays = layout(panel_of(lengths), (), horizon)
    index = window_index(arrays, context_length, horizon)
    for origin, first in zip(*index.locate(np.arange(index.count)), strict=True):
        context = arrays.y[max(first, origin - context_length + 1) : origin + 1]
        target = arrays.y[origin + 1 : origin + 1 + horizon]
        window = np.concatenate([context, target])
        seen = window[~np.isnan(window)]
        assert len(target) == horizon
        assert (seen // 1000 == seen[0] // 1000).all()
        np.testing.assert_array_equal(np.diff(seen), 1)
        assert not np.isnan(context).any()


@given(st.integers(1, 200), st.integers(1, 50), st.integers(1, 30))
def test_long_series_have_every_window_and_the_last_target_is_the_last_value(spare, context_length, horizon):
    length = context_length + horizon + spare - 1
    arrays = layout(panel_of([length]), (), horizon)
    index = window_index(arrays, context_length, horizon)
    assert index.count == length - context_length - horizon + 1
    (origin,), _ = index.locate([index.count - 1])
    assert arrays.y[origin + horizon] == length - 1
    assert index.locate([0])[0][0] == context_length - 1


@given(lengths_of_series, st.integers(1, 12), st.integers(1, 8), st.integers(0, 25))
def test_targets_never_reach_rows_that_are_held_back(lengths, context_length, horizon, held):
    arrays = layout(panel_of(lengths), (), horizon)
    end = np.maximum(arrays.first, arrays.last + 1 - held)
    index = window_index(arrays, context_length, horizon, end)
    origins, firsts = index.locate(np.arange(index.count))
    end_of = dict(zip(arrays.first.tolist(), end.tolist(), strict=True))
    for origin, first in zip(origins.tolist(), firsts.tolist(), strict=True):
        reached = np.arange(origin + 1, origin + 1 + horizon)
        assert np.isnan(arrays.y[reached[reached >= end_of[first]]]).all()


def test_window_numbers_outside_are_refused():
    index = window_index(layout(panel_of([30]), (), 4), 8, 4)
    for number in (-1, index.count):
        with pytest.raises(IndexError, match="from 0 to 18"):
            index.locate([number])


def test_a_panel_too_short_has_no_windows():
    index = window_index(layout(panel_of([1, 1]), (), 4), 8, 4)
    assert index.count == 0
    assert [len(part) for part in index.locate([])] == [0, 0]


def test_every_series_is_followed_by_future_rows():
    panel = panel_of([3, 2])
    names = calendar_features(HOURLY)
    arrays = layout(panel, names, 2)
    assert isinstance(arrays, PanelArrays)
    np.testing.assert_array_equal(arrays.y, [0, 1, 2, np.nan, np.nan, 1000, 1001, np.nan, np.nan])
    assert arrays.first.tolist() == [0, 5]
    assert arrays.last.tolist() == [2, 6]
    times = pd.date_range("2024-01-01", periods=5, freq="h", unit="us").to_numpy()
    np.testing.assert_array_equal(arrays.known, encode(np.concatenate([times, times[:4]]), names))


def test_features_follow_the_wall_clock_of_the_zone():
    panel = Panel.from_arrays(["a"], ["2024-07-01"], [np.zeros(3)], HOURLY, "Asia/Tokyo")
    known = layout(panel, ("hour_sin",), 1).known
    np.testing.assert_allclose(known[:, 0], np.sin(2 * np.pi * np.arange(9, 13) / 24), atol=1e-6)


def test_integer_steps_have_no_features():
    panel = Panel.from_arrays(["a"], [5], [np.zeros(3)], Frequency.parse(1))
    assert layout(panel, calendar_features(panel.frequency), 2).known.shape == (5, 0)


@settings(max_examples=10)
@given(st.integers(1, 3))
def test_memory_of_the_index_does_not_grow_with_the_windows(scale):
    arrays = layout(panel_of([10_000 * scale, 5]), (), 10)
    index = window_index(arrays, 100, 10)
    assert index.first.nbytes + index.lowest.nbytes + index.cumulative.nbytes <= 2 * 3 * 8
