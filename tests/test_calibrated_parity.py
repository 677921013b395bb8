"""A calibrated point model behind every door: the same intervals in notebook, batch, REST and MLflow."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecasting import Forecaster, Training, registry, tracking
from pipelines.cli import main
from tests.serving.conftest import loaded_app
from tests.test_parity import shuffled

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

ALIAS = "seasonal-naive"
LEVELS = [80.0, 95.0]
COLUMNS = [f"{ALIAS}{bound}" for bound in ("", "-lo-80", "-hi-80", "-lo-95", "-hi-95")]


@pytest.fixture(scope="module")
def calibrated(hourly):
    return Forecaster(ALIAS, horizon=12, training=Training(calibration_windows=5)).fit(hourly)


@pytest.fixture(scope="module")
def folder(calibrated, tmp_path_factory):
    return calibrated.save(tmp_path_factory.mktemp("calibrated") / "model")


@pytest.fixture(scope="module")
def client(folder):
    return loaded_app(folder).test_client()


def by_notebook(frame, folder, client, tmp_path):
    return Forecaster.load(folder).predict(frame, level=LEVELS)


def by_batch(frame, folder, client, tmp_path):
    data, out = tmp_path / "history.parquet", tmp_path / "out"
    frame.to_parquet(data)
    arguments = ["batch", str(data), "--model", str(folder), "--out", str(out), "--level", "80,95"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    parts = [pd.read_parquet(path) for path in sorted(out.glob("run=*/part=*/data.parquet"))]
    return pd.concat(parts, ignore_index=True)


def by_rest(frame, folder, client, tmp_path):
    series = [
        {
            "unique_id": name,
            "ds": [time.isoformat() for time in part["ds"]],
            "y": [None if np.isnan(value) else value for value in part["y"]],
        }
        for name, part in frame.sort_values("ds").groupby("unique_id")
    ]
    answer = client.post("/v1/forecast", json={"series": series, "level": LEVELS})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return pd.concat([frame_of(one) for one in answer.get_json()["forecasts"]], ignore_index=True)


def frame_of(one):
    bounds = {
        f"{ALIAS}-{side}-{level}": one["intervals"][level][side] for level in ("80", "95") for side in ("lo", "hi")
    }
    ds = pd.to_datetime(one["ds"])
    return pd.DataFrame({"unique_id": one["unique_id"], "ds": ds, ALIAS: one["point"], **bounds})


def by_invocations(frame, folder, client, tmp_path):
    records = frame.assign(ds=frame["ds"].map(lambda time: time.isoformat()), y=frame["y"].astype(object))
    records["y"] = records["y"].where(records["y"].notna(), None)
    body = {"dataframe_records": records.to_dict("records"), "params": {"level": LEVELS}}
    answer = client.post("/invocations", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = pd.DataFrame(answer.get_json()["predictions"])
    return found.assign(ds=pd.to_datetime(found["ds"]))


def by_mlflow(frame, folder, client, tmp_path):
    forecaster = Forecaster.load(folder)
    with tracking.run("calibrated", "tests") as run:
        version = run.model(forecaster.predictor, forecaster.facts, "calibrated").version
    with registry.use_store():
        loaded = mlflow.pyfunc.load_model(f"models:/calibrated/{version.version}")
        return loaded.predict(frame, params={"level": LEVELS})


DOORS = [by_notebook, by_batch, by_rest, by_invocations, by_mlflow]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_door_gives_the_same_calibrated_intervals(door, calibrated, hourly, folder, client, tmp_path):
    found = door(shuffled(hourly), folder, client, tmp_path).sort_values(["unique_id", "ds"])
    expected = calibrated.predict(level=LEVELS).sort_values(["unique_id", "ds"])
    assert list(found["unique_id"]) == list(expected["unique_id"])
    for column in COLUMNS:
        np.testing.assert_allclose(found[column].astype(float), expected[column], rtol=1e-6, err_msg=column)


def test_the_service_says_what_a_calibrated_model_can_answer_and_refuses_the_rest(client, calibrated):
    described = client.get("/v1/models").get_json()["models"][0]
    assert described["calibration_windows"] == calibrated.facts.calibration_windows > 0
    assert described["quantile_range"] == list(calibrated.predictor.quantile_range)
    assert described["quantile_levels"] == []
    series = [{"unique_id": "a", "start": "2026-01-01T00:00:00", "y": [1.0, 2.0, 3.0]}]
    answer = client.post("/v1/forecast", json={"series": series, "level": [99.9]})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "calibration_size"
    assert answer.get_json()["errors"][0]["pointer"] == "/level"
