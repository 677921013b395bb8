"""Origins: what is cut, scored and answered starts from the same value everywhere."""

import numpy as np

from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.splits import rolling_origins
from forecasting.data.time.calendar import Frequency


def panel():
    ys = [np.arange(5.0), 10 + np.arange(4.0), 20 + np.arange(9.0)]
    return Panel.from_arrays(list("abc"), [0, 0, 0], ys, Frequency.parse(1))


def test_the_ends_of_a_panel_are_its_origins():
    origins = panel().origins
    assert origins.series.tolist() == [0, 1, 2]
    assert origins.steps.tolist() == [4, 3, 8]
    assert len(origins) == 3


def test_some_of_them_are_origins_too():
    origins = Origins(np.array([0, 2, 2]), np.array([3, 5, 7]))
    for chosen in (slice(1, None), np.array([False, True, True]), [1, 2]):
        assert origins[chosen].steps.tolist() == [5, 7]
    assert origins.later(-2).steps.tolist() == [1, 3, 5]


def test_windows_contexts_and_times_agree_about_what_an_origin_is():
    origins = Origins(np.array([2, 0]), np.array([6, 1]))
    contexts = panel().contexts(origins, 3)
    np.testing.assert_array_equal(contexts, [[24, 25, 26], [np.nan, 0, 1]])
    assert panel().windows(origins, 3).y.tolist() == [24, 25, 26, 0, 1]
    np.testing.assert_array_equal(panel().times_after(origins, 2), [[7, 8], [2, 3]])


def test_the_rows_known_at_rolling_origins_end_with_them():
    rolling = rolling_origins(panel().lengths, 2, 2)
    assert rolling.ends(panel().n_series).tolist() == [3, 2, 5]
    assert rolling.ends(panel().n_series, 1).tolist() == [3, 2, 7]
    assert panel().known_at(rolling).lengths.tolist() == [3, 2, 5]
    assert rolling[rolling.window == 1].origins.steps.tolist() == [2, 1, 6]
