"""What a good request gets: the library's own numbers, in the caller's times."""

import json

import numpy as np
import pandas as pd
import pytest

from forecasting.forecaster import Forecaster
from tests.serving.answers import ForecastOut
from tests.serving.conftest import days, hours, payload, post, series, wave


def answer(client, body):
    response = post(client, body)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    return ForecastOut.model_validate(response.json).model_dump(exclude_unset=True)


def test_the_answer_has_the_promised_form(client):
    found = answer(client, payload(level=[80], horizon=4))
    assert set(found) == {"model", "request_id", "forecasts"}
    assert found["model"].keys() == {"name", "version", "alias", "digest"}
    (one,) = found["forecasts"]
    assert set(one) == {"unique_id", "ds", "point", "intervals", "status", "warnings"}
    assert one["unique_id"] == "a"
    assert one["ds"] == hours(4, "2026-01-02T06")
    assert len(one["point"]) == 4
    assert one["status"] == "ok"
    assert one["warnings"] == []
    bounds = one["intervals"]["80"]
    assert all(low <= mid <= high for low, mid, high in zip(bounds["lo"], one["point"], bounds["hi"], strict=True))


@pytest.mark.parametrize("model", ["hourly", "daily"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_numbers_and_times_are_those_of_the_library(client, model_folders, model, zone):
    freq = "h" if model == "hourly" else "D"
    index = pd.date_range("2026-03-20", periods=60, freq=freq, tz=zone)
    many = {name: wave(60, seed) for seed, name in enumerate("abc")}
    frame = pd.concat([pd.DataFrame({"unique_id": name, "ds": index, "y": y}) for name, y in many.items()])
    levels = {"level": [80, 95]} if model == "hourly" else {}
    wanted = Forecaster.load(model_folders[model]).predict(frame, **levels)
    texts = [time.isoformat() for time in index]
    fields = {"model": model, **levels, **({"timezone": zone} if zone else {})}
    found = answer(client, payload(*({"unique_id": name, "ds": texts, "y": y} for name, y in many.items()), **fields))
    for one in found["forecasts"]:
        rows = wanted[wanted.unique_id == one["unique_id"]]
        np.testing.assert_allclose(one["point"], rows.iloc[:, 3], rtol=1e-9)
        assert [pd.Timestamp(text) for text in one["ds"]] == rows.ds.tolist()
        for level in levels.get("level", ()):
            np.testing.assert_allclose(one["intervals"][str(level)]["lo"], rows[f"ff-ar-lo-{level}"], rtol=1e-9)
            np.testing.assert_allclose(one["intervals"][str(level)]["hi"], rows[f"ff-ar-hi-{level}"], rtol=1e-9)


def test_quantiles_are_keyed_by_the_level_as_written(client):
    (one,) = answer(client, payload(quantile_levels=[0.9, 0.1, 0.5]))["forecasts"]
    assert list(one["quantiles"]) == ["0.9", "0.1", "0.5"]
    assert one["quantiles"]["0.5"] == one["point"]
    assert "intervals" not in one


def test_start_means_the_same_as_ds(client):
    first = answer(client, payload())["forecasts"]
    assert answer(client, payload(series(ds=None, start=hours(1)[0])))["forecasts"] == first


def test_null_is_masked(client):
    y = wave(30)
    y[3] = None
    assert answer(client, payload(series(y=y)))["forecasts"][0]["status"] == "ok"


def test_a_lone_series_needs_no_id(client):
    assert answer(client, payload(series(unique_id=None)))["forecasts"][0]["unique_id"] == "series"


def test_unsorted_rows_are_sorted_with_a_warning(client):
    order = np.random.default_rng(0).permutation(30)
    texts, y = hours(30), wave(30)
    shuffled = series(ds=[texts[i] for i in order], y=[y[i] for i in order])
    (one,) = answer(client, payload(shuffled))["forecasts"]
    assert one["warnings"][0]["code"] == "sorted"
    assert one["point"] == answer(client, payload())["forecasts"][0]["point"]


def test_a_gap_among_unsorted_rows_is_told_at_the_row_that_was_sent_after_it(client):
    texts = [f"2026-01-01T{hour:02}:00:00Z" for hour in (3, 1, 5)]
    response = post(client, payload(series(ds=texts, y=[1.0, 2.0, 3.0])))
    assert response.json["errors"][0]["pointer"] == "/series/0/ds/0"
    assert "the first at 2026-01-01T02:00:00" in response.json["errors"][0]["detail"]


def test_gaps_are_filled_where_asked(client):
    texts, y = hours(30), wave(30)
    holes = series(ds=texts[:10] + texts[12:], y=y[:10] + y[12:])
    (one,) = answer(client, payload(holes, fill=True))["forecasts"]
    assert one["warnings"][0]["code"] == "filled"
    masked = series(y=[*y[:10], None, None, *y[12:]])
    assert one["point"] == answer(client, payload(masked))["forecasts"][0]["point"]


def test_a_short_history_is_padded_and_says_so(client):
    (one,) = answer(client, payload(series(5)))["forecasts"]
    assert one["status"] == "padded"
    assert one["warnings"][0]["code"] == "padded"
    assert "24 rows, this series has 5" in one["warnings"][0]["detail"]


def test_a_horizon_beyond_the_trained_one_is_rolled_out_with_a_warning(client):
    long = answer(client, payload(horizon=9))["forecasts"][0]
    assert len(long["point"]) == 9
    assert long["status"] == "rolled_out"
    assert [one["code"] for one in long["warnings"]] == ["rolled_out"]
    assert long["point"][:6] == answer(client, payload())["forecasts"][0]["point"]


def test_integer_steps_stay_integers(client):
    (one,) = answer(client, payload({"ds": list(range(10, 40)), "y": wave(30)}, model="steps"))["forecasts"]
    assert one["ds"] == [40, 41, 42]
    (one,) = answer(client, payload({"start": 5, "y": [1, 2, 3]}, model="steps"))["forecasts"]
    assert one["ds"] == [8, 9, 10]
    assert one["point"] == [3, 3, 3]


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_integers_are_timestamps_with_a_unit(client, unit, factor):
    # nanoseconds since 1970 are only exact in JSON up to April 1970
    first = 7200
    ds = [(first + 3600 * step) * factor for step in range(30)]
    (one,) = answer(client, payload(series(ds=ds), unit=unit, horizon=2))["forecasts"]
    assert one["ds"] == ["1970-01-02T08:00:00Z", "1970-01-02T09:00:00Z"]


def test_offsets_that_change_across_the_clocks_are_one_series(client):
    index = pd.date_range("2026-03-28T12:00", periods=30, freq="h", tz="Europe/Berlin")
    (one,) = answer(client, payload(series(ds=[time.isoformat() for time in index]), horizon=1))["forecasts"]
    assert one["ds"] == [(index[-1] + pd.Timedelta("1h")).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert one["warnings"][0]["code"] == "mixed_offsets"
    fields = {"timezone": "Europe/Berlin", "horizon": 1}
    (one,) = answer(client, payload(series(ds=[time.isoformat() for time in index]), **fields))["forecasts"]
    assert one["ds"] == [(index[-1] + pd.Timedelta("1h")).isoformat()]
    assert one["warnings"] == []


def test_one_offset_is_kept_in_the_answer(client):
    texts = [text.replace("Z", "+05:30") for text in hours(30)]
    (one,) = answer(client, payload(series(ds=texts), horizon=1))["forecasts"]
    assert one["ds"] == ["2026-01-02T06:00:00+05:30"]


def test_naive_times_stay_naive_and_get_a_zone_where_given(client):
    naive = series(ds=hours(30, zulu=False))
    assert answer(client, payload(naive, horizon=1))["forecasts"][0]["ds"] == ["2026-01-02T06:00:00"]
    fields = {"timezone": "Europe/Berlin", "horizon": 1}
    assert answer(client, payload(naive, **fields))["forecasts"][0]["ds"] == ["2026-01-02T06:00:00+01:00"]


def test_days_follow_the_wall_clock_across_the_clocks(client):
    daily = {"ds": days(20, "2026-03-09"), "y": wave(20)}
    (one,) = answer(client, payload(daily, model="daily", timezone="Europe/Berlin"))["forecasts"]
    assert one["ds"] == [
        f"2026-03-{day}T00:00:00{offset}" for day, offset in ((29, "+01:00"), (30, "+02:00"), (31, "+02:00"))
    ]


@pytest.mark.parametrize(("given", "read"), [("H", "'h'"), ("60min", None), ("h", None)])
def test_spellings_of_the_frequency(client, given, read):
    (one,) = answer(client, payload(freq=given))["forecasts"]
    codes = [warning["code"] for warning in one["warnings"]]
    assert codes == (["freq_alias"] if read else [])


@pytest.mark.parametrize(
    "name", ["😀", "\u202eabc", "e\u0301", "\u00e9", "<script>", "'; DROP TABLE", "=cmd()", "a/b~c"]
)
def test_ids_come_back_as_they_were_sent(client, name):
    response = post(client, payload(series(unique_id=name)))
    assert response.json["forecasts"][0]["unique_id"] == name


@pytest.mark.parametrize("value", [0.0, 7.0, -3.5, 1e-320, 1e12, 1e300])
def test_constant_series_forecast_finite_numbers(client, value):
    (one,) = answer(client, payload(series(y=[value] * 30)))["forecasts"]
    np.testing.assert_allclose(one["point"], value, rtol=1e-6, atol=1e-9)


def test_one_spike_is_finite(client):
    answer(client, payload(series(y=[*wave(29), 1e12]), level=[50, 95]))


def test_intervals_are_nested(client):
    (one,) = answer(client, payload(level=[50, 80, 95]))["forecasts"]
    bounds = one["intervals"]
    for inner, outer in (("50", "80"), ("80", "95")):
        assert all(a >= b for a, b in zip(bounds[inner]["lo"], bounds[outer]["lo"], strict=True))
        assert all(a <= b for a, b in zip(bounds[inner]["hi"], bounds[outer]["hi"], strict=True))


def test_partial_answers_report_every_series(client):
    good, bad, twin = series(), series(unique_id="b", y=[1, "x", *wave(28)]), series()
    response = post(client, payload(good, bad, twin, {"unique_id": "d"}, 7, on_error="partial"))
    assert response.status_code == 200
    ForecastOut.model_validate(response.json)
    found = response.json["forecasts"]
    assert [one["unique_id"] for one in found] == ["a", "b", "a", "d", None]
    assert [one["status"] for one in found] == ["ok", *["error"] * 4]
    assert found[1]["errors"][0]["pointer"] == "/series/1/y/1"
    assert found[2]["errors"][0]["code"] == "duplicate_id"
    assert found[3]["errors"][0]["pointer"] == "/series/3/y"
    assert all(one["ds"] == [] == one["point"] for one in found[1:])
    assert found[0]["point"] == post(client, payload(good)).json["forecasts"][0]["point"]


def test_a_partial_answer_may_be_all_errors(client):
    response = post(client, payload(series(y=[None] * 30), on_error="partial"))
    assert response.json["forecasts"][0]["errors"][0]["code"] == "no_observations"


def test_many_series_are_one_call(client, app, monkeypatch):
    predictor = app.extensions["forecasting"].store.snapshot.models[0].predictor
    calls = []
    run = predictor.run
    monkeypatch.setattr(predictor, "run", lambda *args: calls.append(1) or run(*args))
    assert len(answer(client, payload(*(series(unique_id=str(n)) for n in range(200))))["forecasts"]) == 200
    assert len(calls) == 1


def test_the_same_request_gives_the_same_bytes(client):
    headers = {"X-Request-ID": "same"}
    bodies = {post(client, payload(level=[80]), headers=headers).data for _ in range(20)}
    assert len(bodies) == 1


def test_the_access_log_tells_sizes_and_never_values(client, access_lines):
    post(client, payload(series(unique_id="secret-id", y=[987654.25] * 30)))
    (line,) = access_lines()
    assert line["route"] == "/v1/forecast"
    assert line["status"] == 200
    assert (line["model"], line["series"], line["rows"], line["horizon"]) == ("hourly", 1, 30, 6)
    assert {"receive", "queue", "parse", "read", "forecast", "write"} == set(line["parts_ms"])
    assert "secret" not in json.dumps(line)
    assert "987654" not in json.dumps(line)
