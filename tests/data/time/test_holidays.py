"""Holidays as calendar features: right days on the wall clock, computed once, and errors that name the fix."""

import numpy as np
import pandas as pd
import pytest

from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.features import encode
from forecasting.data.time.holidays import holiday_features, holidays_of
from forecasting.data.windows import layout
from forecasting.errors import ConfigError

pytestmark = pytest.mark.fast


def test_days_before_on_and_after_a_holiday():
    """German Unity Day is 3 October; All Saints is one in Bavaria and not in Berlin."""
    times = np.arange("2025-10-01", "2025-11-03", dtype="M8[h]").astype("M8[us]")
    days = times.astype("M8[D]").astype(str)
    is_day, is_eve, is_after = encode(times, holiday_features("DE", Frequency.parse("h"))).T
    assert set(days[is_day > 0]) == {"2025-10-03"}
    assert set(days[is_eve > 0]) == {"2025-10-02"}
    assert set(days[is_after > 0]) == {"2025-10-04"}
    assert set(days[encode(times, ("holiday:DE-BY",))[:, 0] > 0]) == {"2025-10-03", "2025-11-01"}
    assert set(days[encode(times, ("holiday:DE-BE",))[:, 0] > 0]) == {"2025-10-03"}


def test_new_year_is_seen_from_the_year_before():
    times = np.array(["2024-12-31T23", "2025-01-01T00", "2025-01-02T05"], "M8[us]")
    np.testing.assert_array_equal(encode(times, holiday_features("DE", Frequency.parse("h"))), np.eye(3)[[1, 0, 2]])
    assert not encode(np.array(["0005-01-01", "9000-01-01"], "M8[us]"), ("holiday:DE",)).any()


def test_the_day_is_that_of_the_wall_clock():
    """23:30 in UTC is the next day in Berlin: the holiday begins there."""
    ds = pd.date_range("2025-10-02T20:00", periods=6, freq="h", tz="UTC").tz_convert("Europe/Berlin")
    panel = Panel.from_frame(pd.DataFrame({"ds": ds, "y": 1.0}))
    np.testing.assert_array_equal(layout(panel, ("holiday:DE",), 0).known[:, 0], [0, 0, 1, 1, 1, 1])


def test_a_year_is_computed_once():
    encode(np.array(["2031-05-01"], "M8[us]"), ("holiday:FR",))
    before = holidays_of.cache_info().misses
    for _ in range(3):
        encode(np.array(["2031-06-01", "2031-07-14"], "M8[us]"), ("holiday:FR", "holiday-eve:FR"))
    assert holidays_of.cache_info().misses == before


@pytest.mark.parametrize(
    ("place", "freq", "text"),
    [
        ("XX", "h", "no calendar of 'XX'"),
        ("DE-XX", "h", "no subdivision 'XX'. Known: BB, BE"),
        ("", "h", "no calendar of ''"),
        ("DE", "W-SUN", "steps of a day or less"),
        ("DE", 1, "steps of a day or less"),
    ],
)
def test_what_has_no_calendar_is_refused(place, freq, text):
    with pytest.raises(ConfigError, match=text):
        holiday_features(place, Frequency.parse(freq))
