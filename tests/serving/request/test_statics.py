"""Static covariates of a request."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from tests.conftest import BRIEF, make_frame
from tests.serving.conftest import hours, loaded_app

L, H = 24, 6


@pytest.fixture(scope="module")
def forecaster():
    frame = make_frame(series=3, rows=120)
    number = frame["unique_id"].map({name: n for n, name in enumerate(sorted(frame["unique_id"].unique()))})
    frame = frame.assign(size=number * 10.0, kind=number.map(lambda n: f"kind {n}"))
    model = Forecaster(
        "ff-ar", H, context_length=L, units=8, static_covariates=("size", "kind"), training=Training(**BRIEF)
    )
    return model.fit(frame)


@pytest.fixture(scope="module")
def client(forecaster, tmp_path_factory):
    folder = forecaster.save(tmp_path_factory.mktemp("statics") / "model")
    return loaded_app(folder).test_client()


def series(name="a", **statics):
    y = np.sin(np.arange(L) / 3).tolist()
    return {"unique_id": name, "ds": hours(L), "y": y, "static_covariates": statics}


def ask(client, *parts, **fields):
    return client.post("/v1/forecast", json={"series": list(parts), **fields})


def test_every_series_is_forecast_with_its_own_values(client):
    both = ask(client, series("a", size=10, kind="kind 1"), series("b", size=90.0, kind="kind 2")).json["forecasts"]
    alone = ask(client, series("b", size=90.0, kind="kind 2")).json["forecasts"]
    assert both[0]["point"] != both[1]["point"]
    np.testing.assert_allclose(both[1]["point"], alone[0]["point"], rtol=1e-5)


def test_the_service_says_what_the_notebook_says(client, forecaster):
    y, times = np.sin(np.arange(L) / 3), pd.to_datetime(hours(L)).tz_localize(None)
    frame = pd.DataFrame({"unique_id": "a", "ds": times, "y": y, "size": 10.0, "kind": "kind 1"})
    expected = forecaster.predict(frame)["ff-ar"]
    point = ask(client, series(size=10, kind="kind 1")).json["forecasts"][0]["point"]
    np.testing.assert_allclose(point, expected, rtol=1e-6)


def test_the_list_of_models_says_what_a_series_needs(client):
    (model,) = client.get("/v1/models").json["models"]
    kinds = [f"kind {n}" for n in range(3)]
    wanted = [{"name": "size", "categories": []}, {"name": "kind", "categories": kinds}]
    assert model["static_covariates"] == wanted


def test_a_new_category_is_answered_with_a_warning(client):
    answer = ask(client, series(size=10, kind="brand new")).json["forecasts"][0]
    assert [warning["code"] for warning in answer["warnings"]] == ["static_unseen"]
    assert "brand new" not in str(answer["warnings"])


@pytest.mark.parametrize(
    ("statics", "code", "field"),
    [
        ({"size": 1.0}, "static_absent", "kind"),
        ({"size": "big", "kind": "kind 1"}, "static_kind", "size"),
        ({"size": True, "kind": "kind 1"}, "static_kind", "size"),
        ({"size": 10**400, "kind": "kind 1"}, "static_kind", "size"),
        ({"size": 1, "kind": 2}, "static_kind", "kind"),
        ({"size": 1, "kind": ""}, "static_kind", "kind"),
        ({"size": 1, "kind": "x" * 257}, "static_kind", "kind"),
        ({"size": 1, "kind": None}, "static_kind", "kind"),
        ({"size": 1, "kind": "kind 1", "area": 2}, "covariates_not_taken", "area"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(client, statics, code, field):
    response = ask(client, series(**statics))
    assert response.status_code == 422
    assert (response.json["code"], response.json["errors"][0]["pointer"]) == (
        code,
        f"/series/0/static_covariates/{field}",
    )


def test_one_bad_series_does_not_take_the_other_along(client):
    good, bad = series("a", size=1, kind="kind 1"), series("b", size=1)
    answer = ask(client, bad, good, on_error="partial").json["forecasts"]
    assert [one["status"] for one in answer] == ["error", "ok"]
    np.testing.assert_allclose(answer[1]["point"], ask(client, good).json["forecasts"][0]["point"], rtol=1e-5)


def rows(**statics):
    return [{"ds": ds, "y": value, **statics} for ds, value in zip(hours(L), series()["y"], strict=True)]


@pytest.mark.parametrize("kind", ["records", "split", "csv"])
def test_invocations_read_the_columns_of_static_covariates(client, kind):
    expected = ask(client, series(size=10, kind="kind 1")).json["forecasts"][0]["point"]
    frame = pd.DataFrame(rows(size=10, kind="kind 1", ignored="x"))
    if kind == "csv":
        answer = client.post("/invocations", data=frame.to_csv(index=False), content_type="text/csv")
    elif kind == "split":
        split = {"columns": list(frame), "data": frame.to_numpy(object).tolist()}
        answer = client.post("/invocations", json={"dataframe_split": split})
    else:
        answer = client.post("/invocations", json={"dataframe_records": frame.to_dict("records")})
    assert answer.status_code == 200, answer.text
    np.testing.assert_allclose([row["ff-ar"] for row in answer.json["predictions"]], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("break_it", "code", "place"),
    [
        (lambda frame: [row | {"kind": None} for row in frame], "static_kind", "/0/kind"),
        (lambda frame: [*frame[:-1], frame[-1] | {"size": 11}], "static_varies", f"/{L - 1}/size"),
        (lambda frame: [{name: row[name] for name in ("ds", "y", "size")} for row in frame], "static_absent", "/0"),
    ],
)
def test_invocations_say_which_cell_is_no_static_covariate(client, break_it, code, place):
    frame = break_it(rows(size=10, kind="kind 1"))
    problem = client.post("/invocations", json={"dataframe_records": frame}).json
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, f"/dataframe_records{place}")
