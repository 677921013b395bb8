"""MLflow's scoring protocol gives the library's forecast frame, from the same predictor."""

import json

import numpy as np
import pandas as pd
import pytest

from forecasting.forecaster import Forecaster
from tests.conftest import make_frame
from tests.serving.conftest import hours, payload, post, require_problem, wave


def invoke(client, body, content_type="application/json"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/invocations", data=raw, content_type=content_type)


def split(frame):
    texts = frame.assign(ds=frame.ds.astype(str).str.replace(" ", "T"))
    return {"columns": list(frame), "data": texts.to_numpy(object).tolist()}


@pytest.fixture(scope="module")
def frame():
    return make_frame(rows=60)


@pytest.fixture(scope="module")
def wanted(model_folders, frame):
    with pytest.warns(UserWarning, match="rolled out"):
        return Forecaster.load(model_folders["hourly"]).predict(frame, 8, level=[80])


PARAMS = {"horizon": 8, "level": [80.0]}


@pytest.fixture(scope="module", params=["split", "records", "renamed", "shuffled"])
def body(request, frame):
    if request.param == "split":
        return {"dataframe_split": {"index": list(range(len(frame))), **split(frame)}, "params": PARAMS}
    if request.param == "shuffled":
        return {"dataframe_split": split(frame.sample(frac=1, random_state=0)), "params": PARAMS}
    if request.param == "renamed":
        names = {"unique_id": "item_id", "ds": "timestamp", "y": "target"}
        return {"dataframe_split": split(frame) | {"columns": [names[name] for name in frame]}, "params": PARAMS}
    columns, data = split(frame).values()
    return {"dataframe_records": [dict(zip(columns, row, strict=True)) for row in data], "params": PARAMS}


def test_every_form_of_a_frame_gives_the_forecast_frame(client, body, wanted):
    response = invoke(client, body)
    assert response.status_code == 200, response.text
    assert set(response.json) == {"predictions"}
    found = pd.DataFrame(response.json["predictions"]).assign(ds=lambda table: pd.to_datetime(table.ds))
    found = found.sort_values(["unique_id", "ds"], ignore_index=True)
    assert list(found) == list(wanted) == ["unique_id", "ds", "status", "ff-ar", "ff-ar-lo-80", "ff-ar-hi-80"]
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-6)


def test_csv_gives_the_same(client, frame):
    body = frame.to_csv(index=False).encode()
    response = invoke(client, body, "text/csv")
    assert response.status_code == 200, response.text
    records = {"dataframe_split": split(frame)}
    assert response.data == invoke(client, records).data
    assert invoke(client, b"\xef\xbb\xbf" + body, "text/csv; charset=utf-8").data == response.data


def test_numbers_are_those_of_the_forecast_route(client):
    y = wave(30)
    body = {"dataframe_split": {"columns": ["ds", "y"], "data": [list(row) for row in zip(hours(30), y, strict=True)]}}
    rows = invoke(client, body).json["predictions"]
    (one,) = post(client, payload()).json["forecasts"]
    assert [row["ff-ar"] for row in rows] == one["point"]
    assert [row["ds"] for row in rows] == one["ds"]


def test_nan_in_a_frame_is_missing(client):
    data = [list(row) for row in zip(hours(30), wave(30), strict=True)]
    holes = [[time, None if step == 5 else value] for step, (time, value) in enumerate(data)]
    as_null = invoke(client, {"dataframe_split": {"columns": ["ds", "y"], "data": holes}})
    text = json.dumps({"dataframe_split": {"columns": ["ds", "y"], "data": holes}}).replace("null", "NaN")
    assert as_null.status_code == 200
    assert invoke(client, text.encode()).data == as_null.data


def test_parameters_that_stand_for_nothing_are_nothing(client, frame):
    body = {"dataframe_split": split(frame)}
    params = {"horizon": -1, "level": [-1.0], "quantile_levels": [-1.0]}
    assert invoke(client, {**body, "params": params}).data == invoke(client, body).data


def test_integers_may_be_ids(client):
    rows = [{"unique_id": 7, "ds": time, "y": 1.0} for time in hours(5)]
    assert invoke(client, {"dataframe_records": rows}).json["predictions"][0]["unique_id"] == "7"


ROWS = [{"unique_id": name, "ds": time, "y": 1.0} for name in "ab" for time in hours(3)]


def changed(row, **cells):
    return {"dataframe_records": [record | (cells if number == row else {}) for number, record in enumerate(ROWS)]}


BAD = {
    "nothing": ({}, "one_frame", ""),
    "both": ({"dataframe_split": {}, "dataframe_records": []}, "one_frame", ""),
    "instances": ({"instances": [[1]]}, "extra_forbidden", "/instances"),
    "unknown parameter": ({**changed(0), "params": {"h": 3}}, "extra_forbidden", "/params/h"),
    "horizon -5": ({**changed(0), "params": {"horizon": -5}}, "horizon_range", "/params/horizon"),
    "horizon 1e9": ({**changed(0), "params": {"horizon": 10**9}}, "horizon_range", "/params/horizon"),
    "horizon is a text": ({**changed(0), "params": {"horizon": "3"}}, "int_type", "/params/horizon"),
    "split is a list": ({"dataframe_split": []}, "object_type", "/dataframe_split"),
    "split without data": ({"dataframe_split": {"columns": []}}, "list_type", "/dataframe_split/data"),
    "no columns": ({"dataframe_split": {"columns": [], "data": []}}, "missing_column", "/dataframe_split/columns"),
    "short row": (
        {"dataframe_split": {"columns": ["ds", "y"], "data": [["2026-01-01", 1], ["2026-01-02"]]}},
        "row_shape",
        "/dataframe_split/data/1",
    ),
    "column twice": (
        {"dataframe_split": {"columns": ["ds", "y", "y"], "data": [["2026-01-01", 1, 2]]}},
        "duplicate_column",
        "/dataframe_split/columns",
    ),
    "cell of a split": (
        {"dataframe_split": {"columns": ["x", "y", "ds"], "data": [[0, 1, hours(1)[0]], [0, "x", hours(2)[1]]]}},
        "float_type",
        "/dataframe_split/data/1/1",
    ),
    "records is an object": ({"dataframe_records": {}}, "list_type", "/dataframe_records"),
    "no records": ({"dataframe_records": []}, "empty", "/dataframe_records"),
    "a record is a list": ({"dataframe_records": [[1]]}, "object_type", "/dataframe_records/0"),
    "wrong columns": ({"dataframe_records": [{"a": 1}]}, "missing_column", "/dataframe_records"),
    "text in y": (changed(4, y="x"), "float_type", "/dataframe_records/4/y"),
    "time in words": (changed(4, ds="now"), "timestamp_invalid", "/dataframe_records/4/ds"),
    "time is null": (changed(4, ds=None), "timestamp_type", "/dataframe_records/4/ds"),
    "time twice": (changed(5, ds=hours(2)[1]), "duplicate_timestamp", "/dataframe_records/5/ds"),
    "id is null": (changed(2, unique_id=None), "string_type", "/dataframe_records/2/unique_id"),
    "id is an object": (changed(2, unique_id={}), "string_type", "/dataframe_records/2/unique_id"),
}


@pytest.mark.parametrize(("body", "code", "pointer"), BAD.values(), ids=BAD.keys())
def test_bad_frames_are_named_by_row(client, body, code, pointer):
    require_problem(invoke(client, body), 422, code, pointer)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (b"", 422, "missing_column"),
        (b"ds,y\n2026-01-01T00:00:00,x\n", 422, "float_type"),
        (b"ds,y\n2026-01-01T00:00:00,inf\n", 422, "finite_number"),
        (b"ds,y\n2026-01-01T00:00:00\n", 422, "row_shape"),
        (b"ds;y\n2026-01-01T00:00:00;1\n", 422, "missing_column"),
        (b"ds,y\n,1\n", 422, "timestamp_invalid"),
        (b'ds,y\n"2026-01-01T00:00:00,1\n', 400, "csv_invalid"),
        (b"ds,y\n\xff\xfe,1\n", 400, "csv_invalid"),
        (b"ds,y\n" + b"x" * 200_000 + b",1\n", 400, "csv_invalid"),
    ],
)
def test_bad_csv_is_refused(client, text, status, code):
    require_problem(invoke(client, text, "text/csv"), status, code)


def test_other_types_are_a_415(client):
    require_problem(invoke(client, b"x", "application/vnd.apache.parquet"), 415, "content_type")
    require_problem(client.post("/invocations", data=b"{}"), 415, "content_type")


def test_version_is_that_of_mlflow(client):
    assert client.get("/version").text.split(".")[0] == "3"


def test_nan_weights_never_reach_the_body(client, app, monkeypatch):
    predictor = app.extensions["forecasting"].store.snapshot.models[0].predictor
    run = predictor.run
    monkeypatch.setattr(predictor, "run", lambda *args: run(*args) * np.nan)
    answer = invoke(client, changed(0))
    assert answer.status_code == 200
    assert "NaN" not in answer.text
    assert all(row["status"].endswith(":non_finite") for row in answer.json["predictions"])
