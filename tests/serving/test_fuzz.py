"""Whatever JSON value or bytes come, the answer is a forecast or a problem of the caller's; never ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.conftest import hours, payload, post, require_problem, series

pytestmark = pytest.mark.soak

FIELDS = [
    *("series", "unique_id", "ds", "start", "y", "freq", "timezone", "horizon", "level", "quantile_levels", "missing"),
    *(
        "fill",
        "strict",
        "on_error",
        "unit",
        "model",
        "known_covariates",
        "dataframe_split",
        "columns",
        "data",
        "params",
    ),
]
WORDS = [
    *(
        "h",
        "D",
        "W-SUN",
        "B",
        "100YE",
        "UTC",
        "Europe/Berlin",
        "mask",
        "error",
        "partial",
        "s",
        "ns",
        "hourly",
        "steps",
    ),
    *("2026-01-01", "2026-01-01T00:00:00Z", "9999-12-31T23:00:00Z", "0001-01-01", "2026-01-01T00:00:00+23:59", "NaT"),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-3, 100)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from(WORDS)
    | st.text(st.characters(codec="utf-8"), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)
one_series = st.fixed_dictionaries(
    {"y": st.lists(st.floats(-1e3, 1e3) | scalars, max_size=8) | values},
    optional={
        "ds": st.lists(st.sampled_from(hours(8)) | scalars, max_size=8) | values,
        "start": scalars,
        "unique_id": st.text(max_size=3) | values,
    },
)
requests = st.fixed_dictionaries(
    {"series": st.lists(one_series | values, max_size=3)},
    optional={name: values for name in FIELDS if name != "series"},
)
anything = settings(suppress_health_check=list(HealthCheck))


def require_sound(response):
    """Check that an answer is a forecast, or a problem that the caller can do something about."""
    if response.status_code == 200:
        json.loads(response.data, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    else:
        assert response.status_code < 500, response.text
        require_problem(response, response.status_code)


def send(app, path, body):
    return app.test_client().post(path, data=body, content_type="application/json")


@anything
@given(values | requests)
def test_any_json_value_is_answered(app, value):
    require_sound(send(app, "/v1/forecast", json.dumps(value).encode()))


@anything
@given(
    st.fixed_dictionaries({"dataframe_split": st.fixed_dictionaries({"columns": values, "data": values})})
    | requests
    | values
)
def test_any_frame_is_answered(app, value):
    require_sound(send(app, "/invocations", json.dumps(value).encode()))


@anything
@given(
    st.lists(st.sampled_from(hours(6)) | st.datetimes().map(lambda time: time.isoformat()), min_size=1, max_size=6),
    st.data(),
)
def test_any_times_are_answered(app, ds, data):
    zone = data.draw(st.sampled_from([None, "UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"]))
    model = data.draw(st.sampled_from(["hourly", "daily"]))
    body = {"series": [{"ds": ds, "y": [1.0] * len(ds)}], "model": model, "fill": True}
    body |= {"timezone": zone} if zone else {}
    require_sound(send(app, "/v1/forecast", json.dumps(body).encode()))


@anything
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(app, body):
    for path in ("/v1/forecast", "/invocations"):
        require_sound(send(app, path, body))
        require_sound(app.test_client().post(path, data=body, content_type="text/csv"))


@anything
@given(st.integers(0, 10**4), st.sampled_from([b"", b"[", b"{", b'"', b",", b"\xff", b"\0", b"1e999", b"NaN"]))
def test_a_damaged_request_is_answered(app, place, put):
    body = json.dumps(payload(series(8))).encode()
    place %= len(body)
    require_sound(send(app, "/v1/forecast", body[:place] + put + body[place + 1 :]))


def test_values_of_every_size_are_answered(client):
    for exponent in range(-320, 309, 13):
        response = post(client, payload(series(y=[(-1) ** n * (1 + n) * 10.0**exponent / 100 for n in range(30)])))
        require_sound(response)
