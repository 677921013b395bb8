"""Calendar features against pandas' own reading of the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.data.defaults import calendar_of
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.features import calendar_features, cycles_of, encode
from forecasting.errors import ConfigError

pytestmark = pytest.mark.fast

EVERY = (*calendar_features(Frequency.parse("h")), *calendar_features(Frequency.parse("MS")))
NAMES = {
    "h": (
        "hour_sin",
        "hour_cos",
        "hour_sin2",
        "hour_cos2",
        "weekday_sin",
        "weekday_cos",
        "weekend",
        "year_sin",
        "year_cos",
    ),
    "D": ("weekday_sin", "weekday_cos", "year_sin", "year_cos"),
    "W": ("year_sin", "year_cos"),
    "MS": ("month_sin", "month_cos"),
    "YS": (),
}
SAME = {
    "h": ["15min", "s", "12h"],
    "D": ["B", "24h", "2D"],
    "W": ["W-TUE", "7D", "2W"],
    "MS": ["ME", "QS", "QE-NOV", "BME"],
    "YS": ["YE", 1],
}


@pytest.mark.parametrize(
    ("alias", "like"), [(alias, like) for like, aliases in SAME.items() for alias in [like, *aliases]]
)
def test_features_are_those_that_tell_steps_apart(alias, like):
    assert calendar_features(Frequency.parse(alias)) == NAMES[like]


@pytest.mark.parametrize(
    ("days", "cycles"),
    [(1, set()), (2, {"hour"}), (10, {"hour"}), (11, {"hour", "week"}), (365, {"hour", "week"}),
     (548, {"hour", "week", "year"})],
)  # fmt: skip
def test_a_cycle_that_the_data_went_through_once_is_not_read(days, cycles):
    # the day of the year tells the rows of a single year apart: a network learns them by heart
    names = calendar_features(Frequency.parse("h"), days)
    assert {name.split("_")[0].replace("weekday", "week").replace("weekend", "week") for name in names} == cycles


def test_the_days_of_a_panel_are_those_of_all_its_series():
    hours = 24 * 366
    starts = np.array(["2023-01-01", "2024-01-01"], "M8[us]")
    panel = Panel.from_arrays(["a", "b"], starts, [np.zeros(hours)] * 2, Frequency.parse("h"))
    assert "year_sin" in calendar_of(panel)
    alone = Panel.from_arrays(["a"], starts[:1], [np.zeros(hours)], Frequency.parse("h"))
    assert calendar_of(alone) == NAMES["h"][:-2]
    assert calendar_of(Panel.from_arrays(["a"], [0], [np.zeros(hours)], Frequency.parse(1))) == ()


def test_cycles_that_are_asked_for_are_read_however_short_the_data():
    frequency = Frequency.parse("h")
    assert calendar_features(frequency, 1, ["year", "hour"]) == (*NAMES["h"][:4], "year_sin", "year_cos")
    assert calendar_features(frequency, cycles=()) == ()
    assert calendar_features(Frequency.parse(1), cycles=()) == ()
    names = calendar_features(frequency)
    assert calendar_features(frequency, cycles=cycles_of([*names, "holiday:DE"])) == names


@pytest.mark.parametrize(("alias", "known"), [("h", "hour, weekday, weekend, year"), ("MS", "month"), (1, "none")])
def test_a_cycle_that_the_steps_do_not_have_is_refused_with_those_they_have(alias, known):
    with pytest.raises(ConfigError, match=f"go through: {known}. Got 'minute'"):
        calendar_features(Frequency.parse(alias), cycles=["minute"])


def of_pandas(times: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    midnight = times.normalize()
    hour = (times - midnight) / pd.Timedelta(days=1)
    first = pd.to_datetime(times.year.astype(str) + "-01-01")
    year = (times - first) / pd.to_timedelta(np.where(times.is_leap_year, 366, 365), "D")
    cycles = {"hour": hour, "weekday": times.day_of_week / 7, "year": year, "month": (times.month - 1) / 12}
    values = {
        f"{name}_{side.__name__}": side(2 * np.pi * cycle)
        for name, cycle in cycles.items()
        for side in (np.sin, np.cos)
    }
    values |= {"hour_sin2": np.sin(4 * np.pi * hour), "hour_cos2": np.cos(4 * np.pi * hour)}
    return values | {"weekend": (times.day_of_week >= 5).astype(float)}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("freq", ["7h13min", "11D"])
def test_features_agree_with_pandas(name, freq):
    times = pd.date_range("1967-02-03 04:05:06", "2037-12-31", periods=None, freq=freq, unit="us")[:5000]
    np.testing.assert_allclose(encode(times.to_numpy(), (name,))[:, 0], of_pandas(times)[name], atol=2e-6)


@given(st.lists(st.integers(-(10**16), 10**17), max_size=20))
def test_features_lie_between_minus_one_and_one(microseconds):
    encoded = encode(np.array(microseconds, np.int64).astype("M8[us]"), EVERY)
    assert encoded.shape == (len(microseconds), len(EVERY))
    assert encoded.dtype == np.float32
    assert (np.abs(encoded) <= 1).all()


def test_an_unknown_feature_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"Unknown calendar feature 'moon'. Known features: hour_sin") as caught:
        encode(np.zeros(1, "M8[us]"), ("moon",))
    assert caught.value.code == "unknown_feature"
