"""Covariates of a request: lengths, kinds and places, and the rows of a frame that hold the future."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from tests.conftest import BRIEF, make_frame
from tests.serving.conftest import hours, loaded_app

L, H = 24, 6


@pytest.fixture(scope="module")
def forecaster():
    frame = make_frame(series=3, rows=80)
    rng = np.random.default_rng(0)
    frame = frame.assign(
        temp=rng.normal(0, 1, len(frame)),
        promo=rng.choice(["no", "yes"], len(frame)),
        load=rng.normal(0, 1, len(frame)),
    )
    model = Forecaster(
        "ff-ar", H, context_length=L, units=8, known_covariates=("temp", "promo"), past_covariates=("load",),
        training=Training(**BRIEF),
    )  # fmt: skip
    return model.fit(frame)


@pytest.fixture(scope="module")
def client(forecaster, tmp_path_factory):
    return loaded_app(forecaster.save(tmp_path_factory.mktemp("covariates") / "model")).test_client()


def values(count, seed=0):
    return np.random.default_rng(seed).normal(0, 1, count).round(3).tolist()


def series(horizon=H, known=(), past=(), **changes):
    rows = L + horizon
    covariates = {
        "known_covariates": {"temp": values(rows, 1), "promo": ["no", "yes", None] * (rows // 3), **dict(known)},
        "past_covariates": {"load": [*values(L - 1, 2), None], **dict(past)},
    }
    return {"unique_id": "a", "ds": hours(L, zulu=False), "y": values(L), **covariates, **changes}


def ask(client, *parts, **fields):
    return client.post("/v1/forecast", json={"series": list(parts), **fields})


def frame_of(one, horizon=H):
    """Return a series of a request as a frame whose last rows have no y."""
    ahead = [None] * horizon
    columns = {"unique_id": one["unique_id"], "ds": pd.to_datetime(hours(L + horizon, zulu=False))}
    past = {name: np.array([*part, *ahead], float) for name, part in one["past_covariates"].items()}
    return pd.DataFrame({**columns, "y": np.array([*one["y"], *ahead], float), **one["known_covariates"], **past})


def test_a_model_says_which_covariates_it_takes(client):
    (found,) = client.get("/v1/models").json["models"]
    assert found["static_covariates"] == []
    promo = {"name": "promo", "categories": ["no", "yes"]}
    assert found["known_covariates"] == [{"name": "temp", "categories": []}, promo]
    assert found["past_covariates"] == [{"name": "load", "categories": []}]
    assert (found["lower"], found["upper"]) == (None, None)


def test_the_service_says_what_the_notebook_says(client, forecaster):
    expected = forecaster.predict(frame_of(series()))["ff-ar"]
    answer = ask(client, series()).json["forecasts"][0]
    np.testing.assert_allclose(answer["point"], expected, rtol=1e-6)
    assert answer["warnings"] == []
    with pytest.warns(UserWarning, match="rolled out"):
        expected = forecaster.predict(frame_of(series(9), 9), 9)["ff-ar"]
    answer = ask(client, series(9), horizon=9).json["forecasts"][0]
    np.testing.assert_allclose(answer["point"], expected, rtol=1e-6)


def test_every_series_is_forecast_with_its_own_values(client):
    other = series(unique_id="b", known={"temp": values(L + H, 9)})
    both = ask(client, series(), other).json["forecasts"]
    assert both[0]["point"] != both[1]["point"]
    alone = ask(client, other).json["forecasts"][0]
    np.testing.assert_allclose(both[1]["point"], alone["point"], rtol=1e-5)


def test_covariates_follow_rows_that_are_sorted_or_filled(client):
    plain = ask(client, series()).json["forecasts"][0]["point"]
    one = series()
    order = np.random.default_rng(5).permutation(L)
    mixed = {name: [one[name][row] for row in order] for name in ("ds", "y")}
    mixed["known_covariates"] = {
        name: [*(part[row] for row in order), *part[L:]] for name, part in one["known_covariates"].items()
    }
    mixed["past_covariates"] = {"load": [one["past_covariates"]["load"][row] for row in order]}
    np.testing.assert_allclose(ask(client, {**one, **mixed}).json["forecasts"][0]["point"], plain, rtol=1e-6)
    hole = series(known={"temp": [*values(L + H, 1)[:5], None, *values(L + H, 1)[6:]]})
    for part in (hole["known_covariates"]["promo"], hole["past_covariates"]["load"], hole["y"]):
        part[5] = None
    gap = {name: [*hole[name][:5], *hole[name][6:]] for name in ("ds", "y")}
    for field in ("known_covariates", "past_covariates"):
        gap[field] = {name: [*part[:5], *part[6:]] for name, part in hole[field].items()}
    expected = ask(client, hole).json["forecasts"][0]["point"]
    np.testing.assert_allclose(ask(client, gap, fill=True).json["forecasts"][0]["point"], expected, rtol=1e-6)


def test_a_new_category_is_answered_with_a_warning(client):
    answer = ask(client, series(known={"promo": ["brand new"] * (L + H)})).json["forecasts"][0]
    assert [warning["code"] for warning in answer["warnings"]] == ["covariate_unseen"]
    assert "brand new" not in str(answer["warnings"])


KNOWN, PAST = "/series/0/known_covariates", "/series/0/past_covariates"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"known": {"temp": values(L)}}, "covariate_length", f"{KNOWN}/temp"),
        ({"known": {"temp": values(L + H + 1)}}, "covariate_length", f"{KNOWN}/temp"),
        ({"past": {"load": values(L + H)}}, "covariate_length", f"{PAST}/load"),
        ({"known": {"temp": 1.0}}, "list_type", f"{KNOWN}/temp"),
        ({"known": {"temp": ["warm"] * (L + H)}}, "float_type", f"{KNOWN}/temp/0"),
        ({"known": {"temp": [*values(L + H - 1), True]}}, "float_type", f"{KNOWN}/temp/{L + H - 1}"),
        ({"past": {"load": [*values(L - 1), 10**400]}}, "finite_number", f"{PAST}/load/{L - 1}"),
        ({"known": {"promo": [*["no"] * (L + H - 1), 1]}}, "covariate_kind", f"{KNOWN}/promo/{L + H - 1}"),
        ({"known": {"promo": ["x" * 257] * (L + H)}}, "covariate_kind", f"{KNOWN}/promo/0"),
        ({"known": {"rain": values(L + H)}}, "covariates_not_taken", f"{KNOWN}/rain"),
        ({"past_covariates": {}}, "covariate_absent", f"{PAST}/load"),
        ({"known_covariates": {}}, "covariate_absent", f"{KNOWN}/temp"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(client, changes, code, pointer):
    response = ask(client, series(**changes))
    assert response.status_code == 422
    assert (response.json["code"], response.json["errors"][0]["pointer"]) == (code, pointer)


def test_a_wrong_length_says_what_is_wanted(client):
    detail = ask(client, series(known={"temp": values(L)})).json["errors"][0]["detail"]
    assert "30 values, one for each of the 24 rows and of the 6 steps ahead" in detail
    assert "Got 24 values" in detail


def records(frame):
    rows = frame.assign(ds=frame["ds"].map(lambda time: time.isoformat())).astype(object)
    return rows.where(frame.notna(), None).to_dict("records")


def test_a_frame_holds_the_future_in_rows_without_y(client, forecaster):
    frame = frame_of(series())
    expected = forecaster.predict(frame)["ff-ar"]
    for rows in (frame, frame.sample(frac=1, random_state=2)):
        answer = client.post("/invocations", json={"dataframe_records": records(rows)})
        assert answer.status_code == 200, answer.text
        np.testing.assert_allclose([row["ff-ar"] for row in answer.json["predictions"]], expected, rtol=1e-6)
    csv = client.post("/invocations", data=frame.to_csv(index=False), content_type="text/csv")
    np.testing.assert_allclose([row["ff-ar"] for row in csv.json["predictions"]], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (lambda f: f.iloc[:-1], "future_missing", "/dataframe_records/0/y"),
        (lambda f: f.drop(columns="temp"), "covariate_absent", "/dataframe_records/0"),
        (lambda f: f.assign(promo=f["promo"].astype(object).where(f.index != 7, 5)), "covariate_kind",
         "/dataframe_records/7/promo"),
    ],
)  # fmt: skip
def test_a_frame_that_means_nothing_is_refused_with_its_place(client, change, code, pointer):
    answer = client.post("/invocations", json={"dataframe_records": records(change(frame_of(series())))})
    assert answer.status_code == 422
    assert (answer.json["code"], answer.json["errors"][0]["pointer"]) == (code, pointer)
