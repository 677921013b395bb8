"""Frequencies: pandas' own date_range is the oracle of every grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.time.calendar import Frequency, infer_frequency
from forecasting.errors import PanelError

pytestmark = pytest.mark.fast

ALIASES = [
    "h", "2h", "15min", "30min", "90min", "s", "ms", "us", "D", "2D", "7D", "24h", "36h",
    "W", "W-TUE", "2W-FRI", "MS", "2MS", "ME", "2ME", "QS", "QS-FEB", "2QS-FEB", "QE", "QE-JAN",
    "YS", "YS-APR", "YE", "YE-MAR", "B", "2B", "3B", "C", "BMS", "BME", "BQE", "BYS", "SMS", "SME", "WOM-2TUE",
]  # fmt: skip
STARTS = ["1960-01-01", "1999-12-31 05:30", "2023-02-14", "2024-02-29 23:59:59.999999"]


def dates(start: str, alias: str, count: int = 300) -> np.ndarray:
    return pd.date_range(start, periods=count, freq=alias, unit="us").to_numpy()


def only_series(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(len(times), np.int64), times, np.array(["a"], object)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("alias", ALIASES)
def test_grid_is_that_of_pandas_date_range(alias, start):
    expected, frequency = dates(start, alias), Frequency.parse(alias)
    steps = np.arange(len(expected))

    np.testing.assert_array_equal(frequency.times(expected[0], steps), expected)
    found, on_grid = frequency.steps(expected[0], expected)
    np.testing.assert_array_equal(found, steps)
    assert on_grid.all()


@pytest.mark.parametrize("alias", ALIASES)
def test_steps_are_counted_backwards_too(alias):
    expected, frequency = dates("2001-03-05", alias), Frequency.parse(alias)
    back = np.arange(-100, 200)

    np.testing.assert_array_equal(frequency.times(expected[100], back), expected)
    np.testing.assert_array_equal(frequency.steps(expected[100], expected)[0], back)


@pytest.mark.parametrize("alias", ALIASES)
def test_grid_is_vectorised_over_starts(alias):
    expected, frequency = dates("2001-03-05", alias), Frequency.parse(alias)
    starts = expected[:50, None]

    times = frequency.times(starts, np.arange(20))
    np.testing.assert_array_equal(times, np.lib.stride_tricks.sliding_window_view(expected, 20)[:50])
    steps, on_grid = frequency.steps(starts, times)
    assert on_grid.all()
    assert (steps == np.arange(20)).all()


@pytest.mark.parametrize("alias", [alias for alias in ALIASES if alias != "us"])  # nothing lies between two of those
def test_a_time_between_two_points_is_off_the_grid_and_rounded_down(alias):
    expected, frequency = dates("2001-03-05", alias), Frequency.parse(alias)
    steps, on_grid = frequency.steps(expected[0], expected + np.timedelta64(1, "us"))

    assert not on_grid.any()
    np.testing.assert_array_equal(steps, np.arange(len(expected)))


@pytest.mark.parametrize(
    ("alias", "start"), [("W-TUE", "2024-01-03"), ("MS", "2024-01-02"), ("ME", "2024-01-30"), ("QS-JAN", "2024-02-01"),
                         ("YE-DEC", "2024-11-30"), ("B", "2024-01-06"), ("BMS", "2024-01-02"), ("2MS", "2024-01-15")]
)  # fmt: skip
def test_nothing_is_on_the_grid_of_a_start_that_is_off_it(alias, start):
    frequency, first = Frequency.parse(alias), np.datetime64(start, "us")
    assert not frequency.steps(first, first)[1]


@pytest.mark.parametrize("alias", ALIASES)
def test_first_time_on_the_grid_is_on_it_and_not_before_the_start(alias):
    frequency, start = Frequency.parse(alias), np.datetime64("2024-02-03T05:30", "us")
    first = frequency.first_on_grid(start)
    assert first >= start
    assert frequency.steps(first, first)[1]


def test_no_times_are_fine():
    none = np.zeros(0, "M8[us]")
    for alias in ("h", "MS", "B"):
        steps, on_grid = Frequency.parse(alias).steps(none, none)
        assert len(steps) == len(on_grid) == len(Frequency.parse(alias).times(none, np.zeros(0, int))) == 0


def test_integer_steps_count_from_the_start():
    frequency = Frequency.parse(5)
    steps, on_grid = frequency.steps(3, np.array([3, 8, 13, 14, -2]))
    assert steps.tolist() == [0, 1, 2, 2, -1]
    assert on_grid.tolist() == [True, True, True, False, True]
    assert frequency.times(3, [0, 2]).tolist() == [3, 13]
    assert frequency.is_integer
    assert frequency.default_season is None
    assert frequency.first_on_grid(np.datetime64("2024-01-01")) == 0


OLD = {"H": "h", "T": "min", "15T": "15min", "S": "s", "L": "ms", "U": "us", "M": "ME", "Q": "QE-DEC",
       "Q-NOV": "QE-NOV",
       "A": "YE-DEC", "Y": "YE-DEC", "A-JUN": "YE-JUN", "AS": "YS-JAN", "BM": "BME", "BQ": "BQE-DEC", "BA": "BYE-DEC",
       "BAS": "BYS-JAN", "SM": "SME-15", "d": "D", "w-tue": "W-TUE", "W": "W-SUN", "QS": "QS-JAN", "1H30T": "90min",
       " h ": "h", "60min": "60min", "1h": "h"}  # fmt: skip


@pytest.mark.parametrize(("old", "canonical"), OLD.items())
def test_old_spellings_have_a_canonical_name(old, canonical):
    assert Frequency.parse(old).alias == canonical
    assert Frequency.parse(canonical) == Frequency.parse(old)


@pytest.mark.parametrize(
    "value",
    ["0D", "-1D", "", "\0", "junk", "ns", "500ns", "bh",
     "1e3h", "h" * 1000, "9" * 60 + "D", "200YS", "None", None, True,
     False, 0, -3, 1.0, 2**60, np.bool_(True), b"h", ["h"]],
)  # fmt: skip
def test_what_is_no_frequency_is_refused(value):
    with pytest.raises(PanelError, match=r"`freq` must be .* Got .* Fix: ") as caught:
        Frequency.parse(value)
    assert caught.value.code == "freq_invalid"
    assert caught.value.field == "freq"


@given(st.text(max_size=12))
def test_any_text_is_a_frequency_or_refused(text):
    try:
        frequency = Frequency.parse(text)
    except PanelError:
        return
    assert Frequency.parse(str(frequency.alias)).alias == frequency.alias


@pytest.mark.parametrize(
    ("one", "other", "start", "agree"),
    [
        ("7D", "W-SUN", "2024-01-07", True),
        ("7D", "W-SUN", "2024-01-08", False),
        ("24h", "D", "2024-01-07", True),
        ("60min", "h", "2024-01-07", True),
        ("3MS", "QS", "2024-01-01", True),
        ("3MS", "QS", "2024-02-01", False),
        ("12MS", "YS", "2024-01-01", True),
        ("MS", "ME", "2024-01-01", False),
        ("30D", "MS", "2024-01-01", False),
        ("365D", "YS", "2024-01-01", False),
        ("B", "D", "2024-01-01", False),
        ("B", "C", "2024-01-01", True),
        ("h", "D", "2024-01-01", False),
        (1, 1, 0, True),
        (1, 2, 0, False),
        (1, "h", "2024-01-01", False),
    ],
)
def test_frequencies_agree_when_their_grids_do(one, other, start, agree):
    start = start if isinstance(start, int) else np.datetime64(start)
    assert Frequency.parse(one).agrees(Frequency.parse(other), start) is agree
    assert Frequency.parse(other).agrees(Frequency.parse(one), start) is agree


SEASONS = {
    "h": (24, 168),
    "30min": (48, 336),
    "15min": (96, 672),
    "2h": (12, 84),
    "min": (1440, 10080),
    "5h": (1,),
    "D": (7,),
    "24h": (7,),
    "2D": (1,),
    "B": (5,),
    "W-TUE": (52,),
    "7D": (52,),
    "2W": (26,),
    "MS": (12,),
    "ME": (12,),
    "2MS": (6,),
    "5MS": (1,),
    "QS": (4,),
    "QE": (4,),
    "BME": (12,),
    "YS": (1,),
    "YE": (1,),
    "2YS": (1,),
}


@pytest.mark.parametrize(("alias", "season"), SEASONS.items())
def test_season_has_a_default(alias, season):
    assert Frequency.parse(alias).default_season == season


def test_hours_run_in_utc_and_days_on_the_wall_clock():
    assert [alias for alias in ALIASES if Frequency.parse(alias).in_utc] == [
        "h", "2h", "15min", "30min", "90min", "s", "ms", "us", "24h", "36h",
    ]  # fmt: skip
    assert not Frequency.parse("24h").is_subdaily
    assert Frequency.parse("23h").is_subdaily
    assert not Frequency.parse(1).in_utc
    assert not Frequency.parse(1).is_subdaily


INFERRED = {alias: alias for alias in ALIASES} | {"24h": "D", "7D": "W-MON", "W": "W-SUN", "QS": "QS-JAN",
            "QE": "QE-DEC",
            "QE-JAN": "QE-OCT", "YS": "YS-JAN", "YE": "YE-DEC", "C": "B"}  # fmt: skip
WITHOUT_A_NAME = {"2B", "3B", "BMS", "BME", "BQE", "BYS", "SMS", "SME", "WOM-2TUE"}


@pytest.mark.parametrize("alias", [alias for alias in ALIASES if alias not in WITHOUT_A_NAME])
def test_frequency_is_recognised(alias):
    times = dates("2001-01-01", alias)
    inferred = infer_frequency(*only_series(times))
    assert inferred.alias == INFERRED[alias]
    assert inferred.agrees(Frequency.parse(alias), times[0])


@pytest.mark.parametrize("alias", ["h", "15min", "D", "B", "W-TUE", "MS", "ME", "QS-FEB", "QE", "YS", "YE"])
def test_gaps_do_not_change_the_frequency(alias):
    times = np.delete(dates("2001-01-01", alias), [3, 4, 50, 51, 52, 120, 200, 202])
    assert infer_frequency(*only_series(times)).alias == infer_frequency(*only_series(dates("2001-01-01", alias))).alias


@settings(max_examples=30)
@given(st.sampled_from(["h", "D", "W-TUE", "MS", "ME", "QS-FEB", "YE"]), st.data())
def test_any_gaps_are_tolerated_while_whole_steps_are_commonest(alias, data):
    times = dates("2001-01-01", alias, 60)
    gone = data.draw(st.sets(st.integers(30, 59), max_size=20))
    assert infer_frequency(*only_series(np.delete(times, sorted(gone)))).alias == alias.replace("YE", "YE-DEC")


def test_quarters_of_different_anchors_share_a_frequency_without_one():
    times = np.concatenate([dates("2001-01-01", "QS-JAN", 9), dates("2001-01-01", "QS-FEB", 9)])
    codes = np.repeat([0, 1], 9)
    assert infer_frequency(codes, times, np.array(["a", "b"], object)).alias == "3MS"


def test_weekdays_without_a_weekend_in_between_are_days():
    assert infer_frequency(*only_series(dates("2024-01-01", "D", 5))).alias == "D"
    assert infer_frequency(*only_series(dates("2024-01-01", "B", 6))).alias == "B"


def test_frequency_is_the_commonest_over_series_not_over_rows():
    times = np.concatenate([dates("2024-01-01", "h", 500), dates("2024-01-01", "D", 3), dates("2024-01-01", "D", 3)])
    codes = np.repeat([0, 1, 2], [500, 3, 3])
    assert infer_frequency(codes, times, np.array(list("abc"), object)).alias == "D"


def test_series_of_one_row_have_no_say():
    times = np.concatenate([dates("2024-01-01", "h", 3), dates("2024-01-01", "D", 1), dates("2024-01-05", "D", 1)])
    assert infer_frequency(np.array([0, 0, 0, 1, 2]), times, np.array(list("abc"), object)).alias == "h"


def test_a_tie_between_series_is_refused_with_both_steps_and_series():
    times = np.concatenate([dates("2024-01-01", "h", 9), dates("2024-01-01", "MS", 9)])
    with pytest.raises(
        PanelError, match=r"of h \(series 'a'\) and one of MS \(series 'b'\).*Fix: pass `freq`"
    ) as caught:
        infer_frequency(np.repeat([0, 1], 9), times, np.array(["a", "b"], object))
    assert caught.value.code == "freq_ambiguous"
    assert caught.value.series == "a"


def test_a_tie_inside_the_only_series_is_refused():
    times = np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T03"], "M8[us]")
    with pytest.raises(PanelError, match=r"of h .* and one of 2h") as caught:
        infer_frequency(*only_series(times))
    assert caught.value.code == "freq_ambiguous"


def test_nothing_to_infer_from_is_refused_with_the_fix():
    with pytest.raises(PanelError, match=r"Fix: pass `freq`") as caught:
        infer_frequency(*only_series(dates("2024-01-01", "h", 1)))
    assert caught.value.code == "freq_unknown"


@given(st.integers(1, 10**6), st.integers(2, 50), st.integers(-(10**9), 10**9))
def test_integer_steps_are_recognised(size, count, start):
    assert infer_frequency(*only_series(start + size * np.arange(count))).alias == size


@given(st.integers(1, 10**13), st.integers(2, 20))
def test_every_step_in_whole_microseconds_is_recognised(size, count):
    times = (size * np.arange(count)).astype("M8[us]") + np.timedelta64(17, "us")
    inferred = infer_frequency(*only_series(times))
    np.testing.assert_array_equal(inferred.times(times[0], np.arange(count)), times)


def test_days_with_one_weekend_missing_are_days():
    times = np.delete(dates("2024-01-01", "D", 30), [5, 6])
    assert infer_frequency(*only_series(times)).alias == "D"
