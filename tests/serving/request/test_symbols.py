"""Symbols give the same answer at every door, and wrong ones are refused at each."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecasting import Forecaster, Training
from forecasting.store import registry, tracking
from pipelines.cli import main
from tests.conftest import BRIEF, symbol_frame
from tests.doors import Question, run_batch, series_of
from tests.serving.answers import ForecastOut
from tests.serving.conftest import loaded_app, require_problem

H = 4
COLUMNS = ["gru", "gru-p-a", "gru-p-b", "gru-p-c"]


@pytest.fixture(scope="module")
def frame():
    found = symbol_frame(rows=60)
    found.loc[5, "y"] = None
    return found


@pytest.fixture(scope="module")
def fitted(frame):
    return Forecaster("gru", H, head="categorical", context_length=12, units=8, training=Training(**BRIEF)).fit(frame)


@pytest.fixture(scope="module")
def folder(fitted, tmp_path_factory):
    return fitted.save(tmp_path_factory.mktemp("symbols") / "model")


@pytest.fixture(scope="module")
def client(folder, model_folders):
    return loaded_app(folder, model_folders["hourly"]).test_client()


def sorted_rows(frame):
    return frame.assign(ds=pd.to_datetime(frame["ds"])).sort_values(["unique_id", "ds"], ignore_index=True)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_batch_gives_the_notebooks_symbols(ending, fitted, frame, folder, tmp_path):
    data = tmp_path / f"history.{ending}"
    frame.to_parquet(data) if ending == "parquet" else frame.to_csv(data, index=False)
    expected = sorted_rows(fitted.predict())
    found = sorted_rows(run_batch(data, folder, tmp_path / "out"))
    assert list(found.columns) == list(expected.columns)
    assert list(found["gru"]) == list(expected["gru"])
    assert list(found["ds"]) == list(expected["ds"])


def test_rest_gives_the_notebooks_symbols_and_probabilities(client, fitted, frame):
    answer = client.post("/v1/forecast", json={"series": series_of(Question(frame), fitted.predictor.task)})
    assert answer.status_code == 200, answer.text
    ForecastOut.model_validate(answer.json)
    expected = fitted.predict(probabilities=True)
    for one in answer.json["forecasts"]:
        part = expected[expected["unique_id"] == one["unique_id"]]
        assert one["point"] == list(part["gru"])
        for symbol in "abc":
            np.testing.assert_allclose(one["probabilities"][symbol], part[f"gru-p-{symbol}"], rtol=1e-5)
    assert client.get("/v1/models").json["models"][0]["symbols"] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["records", "split", "csv"])
def test_invocations_give_the_notebooks_symbols(kind, client, fitted, frame):
    texts = frame.assign(ds=frame["ds"].map(lambda time: time.isoformat()))
    texts["y"] = texts["y"].astype(object).where(texts["y"].notna(), None)
    if kind == "csv":
        answer = client.post("/invocations", data=texts.to_csv(index=False), content_type="text/csv")
    else:
        body = {"dataframe_records": texts.to_dict("records")}
        if kind == "split":
            body = {"dataframe_split": {"columns": list(texts), "data": texts.to_numpy().tolist()}}
        answer = client.post("/invocations", json={**body, "params": {"probabilities": True}})
    assert answer.status_code == 200, answer.text
    found, expected = pd.DataFrame(answer.json["predictions"]), fitted.predict(probabilities=True)
    assert list(found["gru"]) == list(expected["gru"])
    if kind != "csv":
        np.testing.assert_allclose(found[COLUMNS[1:]], expected[COLUMNS[1:]], rtol=1e-5)


def test_mlflows_model_gives_the_notebooks_symbols(fitted, frame):
    with tracking.run("symbols", "tests") as run:
        run.model(fitted.fitted.artifact, "symbols")
    with registry.use_store():
        model = mlflow.pyfunc.load_model("models:/symbols/1")
        found = model.predict(frame, params={"probabilities": True})
    expected = fitted.predict(probabilities=True)
    assert list(found["gru"]) == list(expected["gru"])
    np.testing.assert_allclose(found[COLUMNS[1:]], expected[COLUMNS[1:]], rtol=1e-6)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("zebra", "symbol_unknown"),
        ("", "symbol_unknown"),
        (1, "string_type"),
        (True, "string_type"),
        ([], "string_type"),
    ],
)
def test_what_is_no_symbol_of_the_model_is_refused(client, value, code):
    series = {"start": "2026-01-01T00:00:00", "y": ["a", "b", value]}
    problem = require_problem(client.post("/v1/forecast", json={"series": [series]}), 422, pointer="/series/0/y/2")
    assert problem["errors"][0]["code"] == code
    assert "Known: 'a', 'b', 'c'." in problem["errors"][0]["detail"]


def test_other_requests_that_do_not_fit_are_refused(client):
    series = {"start": "2026-01-01T00:00:00", "y": ["a", None, "b"]}
    requests = [
        ({"series": [series], "level": [80]}, "/level"),
        ({"series": [series], "missing": "error"}, "/series/0/y/1"),
        ({"series": [series], "model": "hourly"}, "/series/0/y/0"),
    ]
    for body, pointer in requests:
        require_problem(client.post("/v1/forecast", json=body), 422, pointer=pointer)


def test_a_series_with_an_unknown_symbol_is_set_aside_by_the_batch(frame, folder, tmp_path):
    odd = frame.copy()
    odd.loc[odd.index[-1], "y"] = "zebra"
    data, out = tmp_path / "history.parquet", tmp_path / "out"
    odd.to_parquet(data)
    arguments = ["batch", str(data), "--model", str(folder), "--out", str(out), "--max-quarantine", "1"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    aside = pd.concat([pd.read_parquet(path) for path in out.glob("run=*/quarantine/*.parquet")])
    assert list(aside["code"]) == ["symbol_unknown"]
    assert list(aside["unique_id"]) == ["s1"]


def test_the_command_line_trains_and_forecasts_symbols(frame, tmp_path):
    data, model, out = tmp_path / "states.csv", tmp_path / "model", tmp_path / "forecast.csv"
    frame.to_csv(data, index=False)
    names = ["--model", "hmm:head=categorical,states=2", "--model", "hmm:head=categorical,states=3"]
    arguments = ["train", str(data), "--horizon", "3", *names, "--windows", "2", "--no-track", "--out", str(model)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(main, ["predict", str(data), "--model", str(model), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert set(pd.read_csv(out).iloc[:, 3]) <= {"a", "b", "c"}
    arguments = ["predict", str(data), "--model", str(model), "--probabilities", "--out", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    found = pd.read_csv(out)
    assert [name.rpartition("-p-")[2] for name in found.columns[4:]] == ["a", "b", "c"]
    assert found.iloc[:, 4:].sum(axis=1).sub(1).abs().max() < 1e-6
    result = CliRunner().invoke(main, ["train", str(data), "--horizon", "3", "--model", "hmm", "--no-track"])
    assert result.exit_code == 3
    assert "head=categorical" in result.output
