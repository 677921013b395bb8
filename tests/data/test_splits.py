"""Temporal splits never train on what they validate on, and count their origins from the end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.data.splits import calibration_ends, rolling_origins, validation_ends, validation_origins
from forecasting.errors import ConfigError

pytestmark = pytest.mark.fast

lengths_of_series = st.lists(st.integers(1, 300), min_size=1, max_size=12).map(np.array)


@given(lengths_of_series, st.integers(1, 30), st.integers(1, 5))
def test_series_give_what_leaves_half_their_rows_and_more_than_a_horizon(lengths, horizon, windows):
    def can_spare(length, count):
        return 2 * (length - count * horizon) >= length and length - count * horizon > horizon

    most = [max((n for n in range(windows + 1) if n == 0 or can_spare(length, n)), default=0) for length in lengths]
    np.testing.assert_array_equal(validation_ends(lengths, horizon, windows), lengths - np.array(most) * horizon)
    whole = [windows if can_spare(length, windows) else 0 for length in lengths]
    np.testing.assert_array_equal(calibration_ends(lengths, horizon, windows), lengths - np.array(whole) * horizon)


def test_series_that_cannot_spare_rows_are_not_split():
    assert validation_ends(np.array([100, 40, 39, 20, 3]), 10, 2).tolist() == [80, 20, 29, 20, 3]
    assert calibration_ends(np.array([100, 40, 39, 20, 3]), 10, 2).tolist() == [80, 20, 39, 20, 3]
    assert validation_ends(np.array([20, 21, 22]), 10, 1).tolist() == [20, 11, 12]


@given(lengths_of_series, st.integers(1, 30), st.integers(1, 5), st.integers(1, 50))
def test_validation_targets_lie_in_the_held_out_rows(lengths, horizon, windows, max_origins):
    ends = validation_ends(lengths, horizon, windows)
    origins = validation_origins(lengths, ends, horizon, max_origins)
    series, step = origins.series, origins.steps
    assert len(series) <= max_origins
    assert (step + 1 >= ends[series]).all()
    assert (step + horizon < lengths[series]).all()
    assert len(set(zip(series.tolist(), step.tolist(), strict=True))) == len(series)
    split = np.flatnonzero(ends < lengths)
    if len(split) == 1:
        assert len(series) == min(max_origins, (lengths - ends)[split[0]] - horizon + 1)
    for chosen in set(series.tolist()):
        assert step[series == chosen][-1] == lengths[chosen] - horizon - 1
    if len(split) <= max_origins:
        assert set(series.tolist()) == set(split.tolist())


def test_all_validation_origins_are_used_when_there_is_room():
    origins = validation_origins(np.array([30, 5, 26]), np.array([24, 5, 20]), 3)
    assert origins.series.tolist() == [0, 0, 0, 0, 2, 2, 2, 2]
    assert origins.steps.tolist() == [23, 24, 25, 26, 19, 20, 21, 22]


def test_validation_origins_are_evenly_spread():
    origins = validation_origins(np.array([1000]), np.array([500]), 1, 5)
    assert origins.steps.tolist() == [598, 698, 798, 898, 998]


def test_with_more_series_than_origins_evenly_chosen_series_get_one_each():
    origins = validation_origins(np.full(100, 30), np.full(100, 24), 3, 10)
    assert origins.series.tolist() == list(range(0, 100, 10))
    assert (origins.steps == 26).all()


def test_nothing_held_out_gives_no_origins():
    assert len(validation_origins(np.array([5, 6]), np.array([5, 6]), 3)) == 0


def rows_of(rolling):
    """Return the series, step and window of each origin."""
    parts = rolling.origins.series, rolling.origins.steps, rolling.window
    return list(zip(*(part.tolist() for part in parts), strict=True))


@given(lengths_of_series, st.integers(1, 30), st.integers(1, 8), st.integers(1, 40))
def test_rolling_origins_are_those_of_a_loop(lengths, horizon, windows, step):
    expected = [
        (series, origin, windows - 1 - back)
        for series, length in enumerate(lengths.tolist())
        for back in reversed(range(windows))
        if (origin := length - horizon - 1 - back * step) >= 1
    ]
    found = rolling_origins(lengths, horizon, windows, step)
    assert rows_of(found) == expected


def test_the_step_between_origins_is_the_horizon_by_default():
    found = rolling_origins(np.array([20, 9]), 3, 3)
    assert rows_of(found) == [(0, 10, 0), (0, 13, 1), (0, 16, 2), (1, 2, 1), (1, 5, 2)]


@pytest.mark.parametrize(
    ("horizon", "windows", "step", "field"),
    [(0, 1, 1, "horizon"), (1, 0, 1, "windows"), (1, 1, 0, "step"), (1, 2.5, 1, "windows"), (True, 1, 1, "horizon")],
)
def test_counts_below_one_are_refused(horizon, windows, step, field):
    with pytest.raises(ConfigError, match="an integer of at least 1") as caught:
        rolling_origins(np.array([20]), horizon, windows, step)
    assert caught.value.field == field
