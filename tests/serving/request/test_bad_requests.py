"""The table of bad bodies: each has its status, its code and its place, with little work and without echo."""

import json
import tracemalloc

import pytest

from tests.serving.conftest import days, hours, loaded_app, payload, post, require_problem, series, wave
from tests.work import calls_of

#: Calls that a refusal may take: a forecast takes some 3,000, a time zone that is looked up first 30,000 more.
FEW_CALLS = 100_000


def replaced(values, index, value):
    return [*values[:index], value, *values[index + 1 :]]


def with_ds(index, value):
    return payload(series(ds=replaced(hours(30), index, value)))


def with_y(index, value):
    return payload(series(y=replaced(wave(30), index, value)))


def raw_y(text):
    """A body whose `y` is written by hand, for numbers that Python does not write."""
    values = replaced(["1.0"] * 30, 2, text)
    return (json.dumps(payload(series(y=[]))).replace('"y": []', f'"y": [{",".join(values)}]')).encode()


BROKEN_JSON = {
    "empty": b"",
    "open": b"{",
    "trailing text": b"{} x",
    "trailing comma": b'{"series": [],}',
    "comment": b'{"series": [] /* none */}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"series": []}'.encode("utf-16"),
    "UTF-16 without a mark": '{"series": []}'.encode("utf-16-le"),
    "invalid UTF-8": b'{"model": "\xff"}',
    "lone surrogate": b'{"model": "\\ud800"}',
    "control character": b'{"model": "\x01"}',
    "100000 brackets": b"[" * 100_000,
    "100000 objects": b'{"a":' * 100_000,
    "5000 digits": raw_y("1" * 5000),
    "single quotes": b"{'series': []}",
}


@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_what_is_no_json_is_a_400(client, body):
    problem = require_problem(post(client, body), 400, "json_invalid")
    assert len(json.dumps(problem)) < 1000


@pytest.mark.parametrize(
    "body",
    [
        b'{"series": [], "series": []}',
        b'{"series": [{"y": [1], "y": [2]}]}',
        b'{"series": [], "ser\\u0069es": []}',
        b'{"series" : [], "series" : []}',
        b'{"a": 1, "b": {"c": 1, "c": 1}, "d": ":"}',
    ],
)
def test_a_key_twice_is_a_400(client, body):
    require_problem(post(client, body), 400, "duplicate_key")


def test_strings_that_look_like_keys_are_none(client):
    body = json.dumps(payload(series(unique_id='"a": 1, "a": ": '))).encode()
    assert post(client, body).status_code == 200


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "1" * 400])
def test_numbers_that_are_not_finite_are_named(client, text):
    require_problem(post(client, raw_y(text)), 422, "finite_number", "/series/0/y/2")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b"true", b"1.5"])
def test_the_top_level_must_be_an_object(client, body):
    require_problem(post(client, body), 422, "object_type", "")


TABLE = {
    # fields
    "unknown field": (payload(foo=1), "extra_forbidden", "/foo"),
    "__proto__": (payload(__proto__={}), "extra_forbidden", "/__proto__"),
    "unknown field in a series": (payload(series(foo=1)), "extra_forbidden", "/series/0/foo"),
    "no series": ({}, "missing", "/series"),
    "series is null": ({"series": None}, "list_type", "/series"),
    "series is an object": ({"series": {}}, "list_type", "/series"),
    "empty series": ({"series": []}, "empty", "/series"),
    "a series is a number": ({"series": [1]}, "object_type", "/series/0"),
    "no y": (payload({"unique_id": "a", "ds": []}), "missing", "/series/0/y"),
    "empty y": (payload(series(0)), "empty", "/series/0/y"),
    "y is a text": (payload(series(y="1,2")), "list_type", "/series/0/y"),
    "y is an object": (payload(series(y={"0": 1})), "list_type", "/series/0/y"),
    # horizon
    **{
        f"horizon {value!r}": (payload(horizon=value), "int_type", "/horizon")
        for value in ("24", 24.0, True, None, [24], {})
    },
    **{
        f"horizon {value}": (payload(horizon=value), "horizon_range", "/horizon")
        for value in (0, -1, -(10**9), 61, 10**9, 10**40)
    },
    # texts
    "NUL in the id": (payload(series(unique_id="a\0b")), "control_character", "/series/0/unique_id"),
    "newline in the id": (payload(series(unique_id="a\nb")), "control_character", "/series/0/unique_id"),
    "empty id": (payload(series(unique_id="")), "string_too_short", "/series/0/unique_id"),
    "long id": (payload(series(unique_id="x" * 10_000)), "string_too_long", "/series/0/unique_id"),
    "id is a number": (payload(series(unique_id=7)), "string_type", "/series/0/unique_id"),
    "NUL in the model": (payload(model="a\0"), "control_character", "/model"),
    "same id twice": (payload(series(), series()), "duplicate_id", "/series/1/unique_id"),
    # values
    "text in y": (with_y(4, "1.5"), "float_type", "/series/0/y/4"),
    "boolean in y": (with_y(4, True), "float_type", "/series/0/y/4"),
    "list in y": (with_y(4, [1]), "float_type", "/series/0/y/4"),
    "null where missing is an error": ({**with_y(4, None), "missing": "error"}, "missing_value", "/series/0/y/4"),
    "nothing but null": (payload(series(y=[None] * 30)), "no_observations", "/series/0/y"),
    "values beyond float32": (
        payload(series(y=[1.7e308, -1.7e308, 0] * 10), level=[80]),
        "out_of_range",
        "/series/0/y",
    ),
    # frequency
    **{
        f"freq {value!r}": (payload(freq=value), "freq_invalid", "/freq")
        for value in ("0D", "-1D", "FOO", "", " ", "h\0", 0, -1, 10**30, "1e9h", "h" * 500, "999999999999D", "NaT")
    },
    "freq is a list": (payload(freq=["h"]), "freq_type", "/freq"),
    "freq is true": (payload(freq=True), "freq_type", "/freq"),
    "freq is a float": (payload(freq=1.5), "freq_type", "/freq"),
    "another frequency": (payload(freq="D"), "freq_mismatch", "/freq"),
    "another frequency of the same length": (
        payload({"ds": days(30), "y": wave(30)}, freq="W"),
        "freq_mismatch",
        "/freq",
    ),
    "integer frequency": (payload(freq=1), "timestamp_type", "/series/0/ds/0"),
    "integer frequency and integers": (payload(series(ds=list(range(30))), freq=1), "freq_mismatch", "/freq"),
    "times off the model's grid": (
        payload(series(ds=replaced(hours(30), 5, "2026-01-01T05:30:00Z"))),
        "off_grid",
        "/series/0/ds/5",
    ),
    # order
    "unsorted and strict": (payload(series(ds=hours(30)[::-1]), strict=True), "unsorted", "/series/0/ds/28"),
    "a time twice": (with_ds(3, hours(30)[2]), "duplicate_timestamp", "/series/0/ds/3"),
    "all times equal": (payload(series(ds=hours(1) * 30)), "duplicate_timestamp", "/series/0/ds/1"),
    "gap": (payload(series(ds=hours(10) + hours(20, "2026-01-01T12"))), "missing_timestamps", "/series/0/ds/10"),
    "two far times": (
        payload(series(ds=["1800-01-01", "2026-01-01"], y=[1, 2]), fill=True),
        "history_too_long",
        "/series/0/ds",
    ),
    "ds longer than y": (payload(series(ds=hours(31))), "length_mismatch", "/series/0/ds"),
    "ds shorter than y": (payload(series(ds=[])), "length_mismatch", "/series/0/ds"),
    "neither ds nor start": (payload(series(ds=None)), "ds_or_start", "/series/0"),
    "both ds and start": (payload(series(start="2026-01-01")), "ds_or_start", "/series/0"),
    # times
    **{
        f"time {value!r}": (with_ds(0, value), "timestamp_invalid", "/series/0/ds/0")
        for value in (
            *("now", "today", "", "NaT", "01/02/2026", "2026", "20260101", "2026-W01", "2026-02-30", "2026-13-01"),
            *("2026-01-01T24:00:00", "2026-01-01T00:60:00", "2026-01-01T00:00:60", "2026-01-01T00"),
            *("0000-01-01", "10000-01-01", "2026-01-01T00:00:00+25:00", "2026-01-01Z", "2026-01-01T00:00:00z"),
            *(
                "2026-01-01T00:00:00.1234567Z",
                "２０２６-01-01",
                "2026-01-01\n",
                "0001-01-01T00:00:00+01:00",
                "x" * 5000,
            ),
        )
    },
    **{
        f"time {value!r}": (with_ds(0, value), "timestamp_type", "/series/0/ds/0")
        for value in (None, True, 1.5, [], {})
    },
    "integer among texts": (with_ds(3, 5), "timestamp_type", "/series/0/ds/3"),
    "text among integers": (payload(series(ds=[*range(29), "x"]), model="steps"), "timestamp_type", "/series/0/ds/29"),
    "start is null": (payload({"y": [1.0], "start": None}), "ds_or_start", "/series/0"),
    "start is a float": (payload(series(ds=None, start=1.5)), "timestamp_type", "/series/0/start"),
    "start is a word": (payload(series(ds=None, start="now")), "timestamp_invalid", "/series/0/start"),
    "start off the grid of weeks": (
        payload({"start": "2026-01-01", "y": [1.0]}, freq="W-SUN"),
        "freq_mismatch",
        "/freq",
    ),
    "horizon past the year 9999": (
        payload(series(ds=None, start="9999-12-31T00:00:00Z", y=wave(22))),
        "timestamp_range",
        "/series/0/start",
    ),
    "naive and aware": (with_ds(3, "2026-01-01T03:00:00"), "mixed_offsets", "/series/0/ds/3"),
    "naive and aware series": (
        payload(series(), series(unique_id="b", ds=hours(30, zulu=False))),
        "mixed_offsets",
        "/series/1/ds",
    ),
    "epochs without a unit": (payload(series(ds=[3600 * i for i in range(30)])), "unit_missing", "/series/0/ds/0"),
    "epochs with a wrong unit": (
        payload(series(ds=[10**15 + i for i in range(30)]), unit="s"),
        "timestamp_range",
        "/series/0/ds/0",
    ),
    "nanoseconds between microseconds": (payload(series(2, ds=[1, 2]), unit="ns"), "timestamp_range", "/series/0/ds/0"),
    "unknown unit": (payload(unit="h"), "literal_error", "/unit"),
    "integers beyond 2**53": (payload({"ds": [2**60], "y": [1]}, model="steps"), "timestamp_range", "/series/0/ds/0"),
    "steps past 2**53": (payload({"start": 2**53, "y": [1]}, model="steps"), "timestamp_range", "/series/0/start"),
    # zones
    **{
        f"timezone {value!r}": (payload(timezone=value), "timezone_unknown", "/timezone")
        for value in (
            "../../etc/passwd",
            "Mars/Olympus",
            "localtime",
            "europe/berlin",
            "Europe",
            "/etc/localtime",
            "+01:00",
        )
    },
    "timezone of integers": (
        payload({"ds": [1], "y": [1]}, model="steps", timezone="UTC"),
        "timezone_unused",
        "/timezone",
    ),
    "a time that the clock skips": (
        payload(series(3, ds=hours(3, "2026-03-29T01", zulu=False)), timezone="Europe/Berlin"),
        "nonexistent_time",
        "/series/0/ds/1",
    ),
    "a time that the clock shows twice": (
        payload(series(3, ds=hours(3, "2026-10-25T01", zulu=False)), timezone="Europe/Berlin"),
        "ambiguous_time",
        "/series/0/ds/1",
    ),
    # levels
    **{f"level {value!r}": (payload(level=value), "level_range", "/level") for value in ([0], [100], [-5], [80, 101])},
    "level is a text": (payload(level=["80"]), "float_type", "/level/0"),
    "level is a number": (payload(level=80), "list_type", "/level"),
    "level is true": (payload(level=[True]), "float_type", "/level/0"),
    "level twice": (payload(level=[80, 80.0]), "level_duplicate", "/level"),
    "levels with one name": (payload(level=[80.0000001, 80]), "level_duplicate", "/level"),
    "1000 levels": (payload(level=[80] * 1000), "too_long", "/level"),
    "30 levels": (payload(level=list(range(1, 31))), "too_many_levels", "/level"),
    "quantile 0": (payload(quantile_levels=[0]), "level_range", "/quantile_levels"),
    "quantile 80": (payload(quantile_levels=[80]), "level_range", "/quantile_levels"),
    "both": (payload(level=[80], quantile_levels=[0.5]), "level_and_quantiles", "/level"),
    "level outside the trained grid": (payload(level=[99.9]), "quantile_range", "/level"),
    "level of a point model": (
        payload({"ds": days(9), "y": wave(9)}, model="daily", level=[80]),
        "no_quantiles",
        "/level",
    ),
    # covariates
    **{
        name: (
            payload(series(**{name: {"temp": [1.0]}})),
            "covariates_not_taken",
            f"/series/0/{name}/temp",
        )
        for name in ("known_covariates", "past_covariates", "static_covariates")
    },
    "missing is a word": (payload(missing="drop"), "literal_error", "/missing"),
    "on_error is a word": (payload(on_error="ignore"), "literal_error", "/on_error"),
    "fill is a number": (payload(fill=1), "bool_type", "/fill"),
    "strict is a text": (payload(strict="yes"), "bool_type", "/strict"),
}


@pytest.mark.parametrize(("body", "code", "pointer"), TABLE.values(), ids=[name[:60] for name in TABLE])
def test_what_means_nothing_is_a_422_with_its_place(client, body, code, pointer):
    response, calls = calls_of(post, client, body)
    assert calls < FEW_CALLS
    problem = require_problem(response, 422, code, pointer)
    assert problem["errors"][0]["code"] == code
    assert len(response.data) < 16_000


def test_level_that_is_not_a_number_is_named(client):
    body = json.dumps(payload(level=[float("nan")])).encode()
    require_problem(post(client, body), 422, "finite_number", "/level/0")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "unknown",
            "hourly@challenger",
            "hourly/3",
            "HOURLY",
            "hourly/",
            "models:/hourly",
            "../hourly",
            "hourly/../daily",
        ),
        *("http://localhost/x", "file:///etc/passwd", "/etc/passwd", "runs:/1/model", "hourly@", "@", "é"),
    ],
)
def test_only_served_models_have_names(client, name, monkeypatch):
    monkeypatch.setattr("forecasting.store.registry.client", lambda: pytest.fail("the registry was asked"))
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("the network was asked"))
    problem = require_problem(post(client, payload(model=name)), 404, "not_served")
    assert "hourly" in problem["detail"]


def test_two_hundred_thousand_errors_are_twenty_and_a_count(client):
    response = post(client, payload({"ds": ["x"] * 99_999, "y": ["x"] * 99_999}))
    assert require_problem(response, 422, "float_type", "/series/0/y/0")["total_errors"] == 99_999
    response = post(client, payload({"ds": ["x"] * 99_999, "y": [1] * 99_999}))
    assert require_problem(response, 422, "timestamp_invalid")["total_errors"] == 99_999
    assert len(response.data) < 16_000


@pytest.mark.parametrize("value", ["x", 1], ids=["values", "times"])
def test_the_work_of_many_errors_grows_with_their_number_and_no_faster(client, value):
    few, many = (calls_of(post, client, payload({"ds": ["x"] * n, "y": [value] * n}))[1] for n in (1_000, 8_000))
    assert many < 8.5 * few


@pytest.mark.parametrize("body", [{f"k{n}": 1 for n in range(100_000)}, payload({f"k{n}": 1 for n in range(100_000)})])
def test_many_unknown_fields_are_one_error(client, body):
    require_problem(post(client, body), 422, "extra_forbidden")


def test_errors_of_many_series_stop_early(client):
    response = post(client, payload(*(series(3, unique_id=str(n), y=["x"] * 3) for n in range(900))))
    assert len(require_problem(response, 422, "float_type", "/series/0/y/0")["errors"]) == 20


def test_one_bad_series_among_a_hundred_is_named(client):
    many = [series(unique_id=str(number)) for number in range(100)]
    many[42]["y"] = replaced(many[42]["y"], 7, "x")
    problem = require_problem(post(client, payload(*many)), 422, "float_type", "/series/42/y/7")
    assert problem["total_errors"] == 1


def test_values_are_never_echoed(client):
    word = "never-echoed"
    for body in (
        with_y(3, word),
        with_ds(3, word),
        payload(timezone=word),
        payload(freq=word),
        payload(model=word),
        payload(missing=word),
        payload(level=[word]),
    ):
        assert word not in post(client, body).text


def test_limits_hold_at_the_limit_and_one_beyond(model_folders):
    limits = {"max_series": 3, "max_history": 40, "max_points": 60, "max_horizon": 8, "max_levels": 2}
    client = loaded_app(model_folders["hourly"], **limits).test_client()
    assert post(client, payload(*(series(20, unique_id=name) for name in "abc"))).status_code == 200
    many = payload(*(series(1, unique_id=name) for name in "abcd"))
    require_problem(post(client, many), 413, "too_many_series", "/series")
    many = payload(series(31), series(30, unique_id="b"))
    require_problem(post(client, many), 413, "too_many_points", "/series")
    assert post(client, payload(series(40))).status_code == 200
    require_problem(post(client, payload(series(41))), 422, "history_too_long", "/series/0/y")
    assert post(client, payload(horizon=8)).status_code == 200
    problem = require_problem(post(client, payload(horizon=9)), 422, "horizon_range", "/horizon")
    assert "to 8" in problem["detail"]
    assert post(client, payload(level=[50, 80])).status_code == 200
    require_problem(post(client, payload(level=[50, 80, 90])), 422, "too_many_levels", "/level")
    many = payload(*(series(1, unique_id=name) for name in "abc"), horizon=8, level=[80, 90])
    require_problem(post(client, many), 413, "answer_too_large", "/horizon")
    holes = payload(series(2, ds=["2026-01-01T00:00Z", "2026-01-02T16:00Z"], y=[1, 2]), fill=True)
    require_problem(post(client, holes), 422, "history_too_long")


def test_an_enormous_horizon_costs_nothing(client):
    _, usual = calls_of(post, client, payload(horizon=1_000))
    tracemalloc.start()
    response, calls = calls_of(post, client, payload(horizon=10**9))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    require_problem(response, 422, "horizon_range", "/horizon")
    assert calls < 2 * usual
    assert peak < 1_000_000


def test_a_model_that_gives_nan_is_answered_from_the_ladder(client, app, monkeypatch):
    predictor = app.extensions["forecasting"].store.snapshot.models[0].predictor
    run = predictor.run
    monkeypatch.setattr(predictor, "run", lambda *args: run(*args) * float("nan"))
    (one,) = post(client, payload(level=[80])).json["forecasts"]
    assert one["status"].startswith("fallback:")
    assert one["status"].endswith(":non_finite")
    assert [warning["code"] for warning in one["warnings"]] == ["fallback"]
    assert all(lo < point for lo, point in zip(one["intervals"]["80"]["lo"], one["point"], strict=True))


def test_what_nobody_foresaw_is_a_500_without_a_trace(client, app, monkeypatch):
    predictor = app.extensions["forecasting"].store.snapshot.models[0].predictor
    monkeypatch.setattr(predictor, "run", lambda *args: 1 / 0)
    problem = require_problem(post(client, payload()), 500, "internal_error")
    assert "division" not in json.dumps(problem)
