"""Time zones: days of 23 and 25 hours, skipped midnights, and names that find their zone again."""

from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import pandas as pd
import pytest

from forecasting.data.time.zones import check_zone, localise, regular_wall_clock, to_utc, to_wall_clock, zone_name
from forecasting.errors import PanelError

pytestmark = pytest.mark.fast


def utc(*times: str) -> np.ndarray:
    return np.array(times, "M8[us]")


def test_the_wall_clock_skips_an_hour_in_spring_and_repeats_one_in_autumn():
    spring = to_wall_clock(utc("2024-03-31T00:30", "2024-03-31T01:30"), "Europe/Berlin")
    assert spring.tolist() == utc("2024-03-31T01:30", "2024-03-31T03:30").tolist()
    autumn = to_wall_clock(utc("2024-10-27T00:30", "2024-10-27T01:30"), "Europe/Berlin")
    assert autumn.tolist() == utc("2024-10-27T02:30", "2024-10-27T02:30").tolist()


def test_shapes_are_kept():
    times = utc("2024-01-01T00", "2024-07-01T00").reshape(2, 1)
    assert to_wall_clock(times, "Europe/Berlin").shape == (2, 1)
    assert to_utc(times, "Europe/Berlin").shape == (2, 1)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC+01:00", "UTC-03:30"])
def test_wall_clock_and_utc_are_inverse_where_the_clock_is_unambiguous(zone):
    times = pd.date_range("2024-01-01 12:00", periods=366, freq="D", unit="us").to_numpy()
    np.testing.assert_array_equal(to_wall_clock(to_utc(times, zone), zone), times)


def test_a_time_that_the_clock_skips_does_not_exist():
    with pytest.raises(PanelError, match=r"2024-03-31T02:30.*\(row 1\).*'Europe/Berlin'.*Fix: ") as caught:
        to_utc(utc("2024-03-30T02:30", "2024-03-31T02:30"), "Europe/Berlin")
    assert (caught.value.code, caught.value.row) == ("nonexistent_time", 1)


def test_of_an_hour_shown_twice_the_first_is_meant():
    assert to_utc(utc("2024-10-27T02:30"), "Europe/Berlin").tolist() == utc("2024-10-27T00:30").tolist()
    assert localise(utc("2024-10-27T02:30"), "Europe/Berlin")[0].utcoffset() == datetime.timedelta(hours=2)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Europe/Berlin", "Asia/Beirut", "America/Havana"])
def test_days_are_regular_even_where_clocks_skip_midnight(zone):
    midnights = pd.date_range("2010-01-01", periods=3500, freq="D", unit="us")
    aware = midnights.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(3500, bool))
    wall = regular_wall_clock(aware.tz_convert("UTC").tz_localize(None).to_numpy(), zone)
    np.testing.assert_array_equal(wall, midnights.to_numpy())


@pytest.mark.parametrize(("zone", "day"), [("Africa/Cairo", "2024-04-26"), ("America/Havana", "2024-03-10")])
def test_a_lone_day_whose_midnight_the_clock_skips_is_that_day(zone, day):
    shown = pd.DatetimeIndex([pd.Timestamp(day) + pd.Timedelta(hours=1)]).tz_localize(zone)
    instants = shown.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]")
    later = instants + np.arange(3) * np.timedelta64(1, "D").astype("m8[us]")
    assert regular_wall_clock(instants, zone).tolist() == utc(day).tolist()
    hours = [time.hour for time in regular_wall_clock(later, zone).tolist()]
    assert hours == [1, 1, 1], "on the other days nothing was skipped"
    at_one = utc("2024-01-01T01")
    assert regular_wall_clock(instants, zone, at_one).tolist() == to_wall_clock(instants, zone).tolist()
    assert regular_wall_clock(instants, zone, utc("2024-01-01")).tolist() == utc(day).tolist()
    assert len(regular_wall_clock(instants[:0], zone)) == 0


def test_times_that_are_odd_for_no_reason_stay_odd():
    times = utc("2024-01-01T00", "2024-01-02T00", "2024-01-03T05")
    np.testing.assert_array_equal(regular_wall_clock(times, "Etc/UTC"), times)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (zoneinfo.ZoneInfo("Europe/Berlin"), "Europe/Berlin"),
        (datetime.UTC, "UTC"),
        (datetime.timezone(datetime.timedelta(hours=1)), "UTC+01:00"),
        (datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)), "UTC-03:30"),
    ],
)
def test_a_zone_has_a_name_that_finds_it_again(zone, name):
    assert zone_name(zone) == name
    check_zone(name)


def test_a_zone_without_a_name_is_read_as_utc():
    class Nameless(datetime.tzinfo):
        def utcoffset(self, dt):
            return datetime.timedelta(0)

    assert zone_name(Nameless()) == "UTC"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc", "\0"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(PanelError, match="such as 'Europe/Berlin'") as caught:
        check_zone(name)
    assert caught.value.code == "timezone_unknown"
