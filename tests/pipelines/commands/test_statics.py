"""Static covariates on the command line: named once in training, read by every job that uses the model."""

import mlflow
import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster
from forecasting.store import registry
from tests.conftest import make_frame
from tests.doors import forecasts_in
from tests.pipelines.conftest import QUICKLY, run_command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the data and the model of all tests are."""
    return tmp_path_factory.mktemp("statics")


@pytest.fixture(scope="module")
def data(folder):
    frame = make_frame(series=4, rows=80)
    number = frame["unique_id"].map({name: n for n, name in enumerate(sorted(frame["unique_id"].unique()))})
    path = folder / "sales.csv"
    frame.assign(size=number * 10.0, kind=number.map(lambda n: f"kind {n % 2}")).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def trained(data, folder):
    ended = run_command("train", data, "--horizon", 6, "--context", 24, "--windows", 0, "--model",
                        "gru:units=8,segment=6", "--static", "size,kind", *QUICKLY, "--out", folder / "model",
                        "--register", "sales", "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    return ended


def test_training_predicting_batch_and_mlflow_read_the_same_columns(forecast, data, trained, folder, tmp_path):
    assert [name for name, _ in trained.json["task"]["static_covariates"]] == ["size", "kind"]
    assert forecast("predict", data, "--model", folder / "model", "--out", tmp_path / "f.csv").code == 0
    one = pd.read_csv(tmp_path / "f.csv")
    ended = forecast("batch", data, "--model", "sales@champion", "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    batch = forecasts_in(tmp_path / "out").sort_values(["unique_id", "ds"])
    name = one.columns[3]
    np.testing.assert_allclose(batch[name], one[name], rtol=1e-6)
    frame = pd.read_csv(data, parse_dates=["ds"])
    with registry.use_store():
        scored = mlflow.pyfunc.load_model("models:/sales@champion").predict(frame)
    np.testing.assert_allclose(scored.sort_values(["unique_id", "ds"])[name], one[name], rtol=1e-6)
    moved = Forecaster.load(folder / "model").predict(frame.assign(size=frame["size"] + 500))
    assert not np.allclose(moved[name], one[name])


def test_a_file_without_the_column_is_refused(forecast, data, trained, folder, tmp_path):
    pd.read_csv(data).drop(columns="kind").to_csv(tmp_path / "bad.csv", index=False)
    for command in ("predict", "batch"):
        ended = forecast(command, tmp_path / "bad.csv", "--model", folder / "model", "--out", tmp_path / "x.csv")
        assert ended.code == 3
        assert "no column 'kind', a covariate" in ended.err


def test_batch_sets_aside_every_series_whose_static_covariate_means_nothing(forecast, data, trained, tmp_path):
    frame = pd.read_csv(data)
    names = sorted(frame["unique_id"].unique())
    bad = frame.assign(kind=frame["kind"].mask(frame["unique_id"] == names[0]))
    bad.loc[bad.index[bad["unique_id"] == names[2]][-1], "size"] = 77.0
    bad.to_csv(tmp_path / "bad.csv", index=False)
    ended = forecast("batch", tmp_path / "bad.csv", "--model", "sales@champion", "--out", tmp_path / "out",
                     "--max-quarantine", 0.6)  # fmt: skip
    assert ended.code == 0, ended.err
    assert "ignored: " not in ended.err
    aside = pd.concat(map(pd.read_parquet, (tmp_path / "out").glob("run=*/quarantine/*.parquet")))
    reasons = aside.groupby("unique_id")["code"].first()
    assert dict(reasons) == {names[0]: "static_missing", names[2]: "static_varies"}
