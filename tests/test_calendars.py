"""From the times of a frame to the times of its forecast, case by case: months, weeks, quarters, clocks that jump."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster

BERLIN, NEW_YORK, SYDNEY = "Europe/Berlin", "America/New_York", "Australia/Sydney"

#: Step, zone, last time of the history, and the times that must follow.
CASES = {
    "the 31st, the 29th": ("ME", None, "2023-12-31", ["2024-01-31", "2024-02-29", "2024-03-31"]),
    "a February without a 29th": ("ME", None, "2023-01-31", ["2023-02-28", "2023-03-31"]),
    "first days of months": ("MS", None, "2023-12-01", ["2024-01-01", "2024-02-01", "2024-03-01"]),
    "months of a zone": ("MS", BERLIN, "2024-02-01", ["2024-03-01T00:00+01:00", "2024-04-01T00:00+02:00"]),
    "business days": ("B", None, "2024-05-02", ["2024-05-03", "2024-05-06", "2024-05-07"]),
    "weeks by Tuesday": ("W-TUE", None, "2024-02-20", ["2024-02-27", "2024-03-05"]),
    "weeks of a zone": ("W-SUN", NEW_YORK, "2024-03-03", ["2024-03-10T00:00-05:00", "2024-03-17T00:00-04:00"]),
    "ends of quarters": ("QE", None, "2023-12-31", ["2024-03-31", "2024-06-30", "2024-09-30"]),
    "starts of quarters": ("QS", None, "2023-10-01", ["2024-01-01", "2024-04-01"]),
    "quarters of a fiscal year": ("QS-FEB", None, "2024-02-01", ["2024-05-01", "2024-08-01"]),
    "ends of years": ("YE", None, "2023-12-31", ["2024-12-31", "2025-12-31"]),
    "a quarter of an hour": ("15min", None, "2024-02-28T23:45", ["2024-02-29T00:00", "2024-02-29T00:15"]),
    "hours of a day of 23": (
        "h", BERLIN, "2024-03-31T00:00+01:00",
        ["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"],
    ),
    "hours of a day of 25": (
        "h", BERLIN, "2024-10-27T01:00+02:00",
        ["2024-10-27T02:00+02:00", "2024-10-27T02:00+01:00", "2024-10-27T03:00+01:00"],
    ),
    "quarters of an hour of a day of 23": (
        "15min", NEW_YORK, "2024-03-10T01:45-05:00", ["2024-03-10T03:00-04:00", "2024-03-10T03:15-04:00"],
    ),
    "half hours of a day of 25 in the south": (
        "30min", SYDNEY, "2024-04-07T02:30+11:00", ["2024-04-07T02:00+10:00", "2024-04-07T02:30+10:00"],
    ),
    "days over a clock that jumps": (
        "D", BERLIN, "2024-03-30T00:00+01:00", ["2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"],
    ),
    "days over a clock that jumps back": (
        "D", NEW_YORK, "2024-11-02T00:00-04:00", ["2024-11-03T00:00-04:00", "2024-11-04T00:00-05:00"],
    ),
    "hours in UTC": ("h", "UTC", "2024-03-31T00:00Z", ["2024-03-31T01:00Z", "2024-03-31T02:00Z"]),
}  # fmt: skip


@pytest.mark.parametrize(("freq", "zone", "end", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("is_given", [True, False], ids=["given", "inferred"])
def test_the_times_of_a_forecast_are_those_that_follow(freq, zone, end, expected, is_given):
    last = pd.Timestamp(end) if zone is None or "T" not in end else pd.Timestamp(end).tz_convert(zone)
    last = last.tz_localize(zone) if zone is not None and last.tz is None else last
    ds = pd.date_range(end=last, periods=40, freq=freq)
    assert ds[-1] == last
    frame = pd.DataFrame({"unique_id": "a", "ds": ds, "y": np.arange(40.0)})
    forecaster = Forecaster("naive", len(expected), freq if is_given else None, season=1, context_length=4)
    found = forecaster.fit(frame).predict()["ds"]
    wanted = [pd.Timestamp(one) for one in expected]
    if zone is None:
        assert found.tolist() == wanted
        return
    assert str(found.dt.tz) == zone
    wanted = [one.tz_localize(zone) if one.tz is None else one for one in wanted]
    assert found.dt.tz_convert("UTC").tolist() == [one.tz_convert("UTC") for one in wanted]


def test_two_frames_of_one_clock_in_other_zones_have_the_same_forecast():
    ds = pd.date_range("2024-03-29", periods=60, freq="h", tz="UTC")
    frame = pd.DataFrame({"ds": ds, "y": np.sin(np.arange(60.0))})
    forecasts = []
    for zone in ("UTC", BERLIN, NEW_YORK):
        moved = frame.assign(ds=ds.tz_convert(zone))
        forecasts.append(Forecaster("seasonal-naive", 30, "h", season=24).fit(moved).predict())
    for other in forecasts[1:]:
        np.testing.assert_array_equal(other["seasonal-naive"], forecasts[0]["seasonal-naive"])
        assert other["ds"].dt.tz_convert("UTC").tolist() == forecasts[0]["ds"].tolist()
