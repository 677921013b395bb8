"""One predictor behind every door: notebook, batch, REST and MLflow give the same numbers."""

import time

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecasting import Forecaster, Training, registry, tracking
from pipelines.cli import main
from serving.app import create_app
from serving.settings import Settings
from tests.conftest import QUICK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

NAME = "parity"
LEVELS = [80.0, 95.0]
NUMBERS = ["gru", "gru-lo-80", "gru-hi-80", "gru-lo-95", "gru-hi-95"]
READY_WITHIN = 600


@pytest.fixture(scope="module")
def champion(trained):
    with tracking.run("parity", "tests") as run:
        version = run.model(trained.predictor, trained.facts, NAME).version
    return registry.promote(NAME, version.version)


@pytest.fixture(scope="module")
def client(champion):
    return ready(create_app(Settings(models=(f"{NAME}@champion",))).test_client())


def ready(client):
    for _ in range(READY_WITHIN):
        if client.get("/readyz").status_code == 200:
            return client
        time.sleep(0.1)
    pytest.fail(f"the service did not become ready: {client.get('/readyz').get_data(as_text=True)}")


def by_notebook(frame, tmp_path, client, name=NAME):
    return Forecaster.load(f"{name}@champion").predict(frame, level=LEVELS)


def by_batch(frame, tmp_path, client, name=NAME):
    data, out = tmp_path / "history.parquet", tmp_path / "out"
    frame.to_parquet(data)
    arguments = ["batch", str(data), "--model", f"{name}@champion", "--out", str(out), "--level", "80,95"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    parts = [pd.read_parquet(path) for path in sorted(out.glob("run=*/part=*/data.parquet"))]
    return pd.concat(parts, ignore_index=True)


def by_rest(frame, tmp_path, client, name=NAME):
    series = [
        {
            "unique_id": name,
            "ds": [time.isoformat() for time in part["ds"]],
            "y": [None if np.isnan(value) else value for value in part["y"]],
        }
        for name, part in frame.sort_values("ds").groupby("unique_id")
    ]
    answer = client.post("/v1/forecast", json={"model": name, "series": series, "level": LEVELS})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return pd.concat([frame_of(forecast) for forecast in answer.get_json()["forecasts"]], ignore_index=True)


def frame_of(forecast):
    bounds = {
        f"gru-{side}-{level}": forecast["intervals"][level][side] for level in ("80", "95") for side in ("lo", "hi")
    }
    ds = pd.to_datetime(forecast["ds"])
    return pd.DataFrame({"unique_id": forecast["unique_id"], "ds": ds, "gru": forecast["point"], **bounds})


def by_invocations(frame, tmp_path, client, name=NAME):
    records = frame.assign(ds=frame["ds"].map(lambda time: time.isoformat()), y=frame["y"].astype(object))
    records["y"] = records["y"].where(records["y"].notna(), None)
    body = {"dataframe_records": records.to_dict("records"), "params": {"level": LEVELS}}
    answer = client.post("/invocations", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = pd.DataFrame(answer.get_json()["predictions"])
    return found.assign(ds=pd.to_datetime(found["ds"]))


def by_mlflow(frame, tmp_path, client, name=NAME):
    with registry.use_store():
        return mlflow.pyfunc.load_model(f"models:/{name}@champion").predict(frame, params={"level": LEVELS})


DOORS = [by_notebook, by_batch, by_rest, by_invocations, by_mlflow]


PATHS = {"model": "gru", "units": 8, "segment": 4, "decoding": "recursive", "head": "student-t"}
ENSEMBLE = {"model": "ensemble", "alias": "gru", "members": "ar+ff-ar:units=4+gru:units=4;segment=4"}


@pytest.mark.parametrize("choices", [PATHS, ENSEMBLE], ids=["paths", "ensemble"])
def test_what_is_more_than_a_network_gives_every_door_the_same_numbers(choices, hourly, tmp_path):
    """Quantiles of drawn paths, and of several models averaged: the same in notebook, batch, REST and MLflow."""
    fitted = Forecaster(horizon=6, context_length=24, training=Training(**QUICK), **choices).fit(hourly)
    name = choices["model"]
    with tracking.run("parity", "tests") as run:
        version = run.model(fitted.predictor, fitted.facts, name).version
    registry.promote(name, version.version)
    client = ready(create_app(Settings(models=(f"{name}@champion",))).test_client())
    expected = fitted.predict(level=LEVELS).sort_values(["unique_id", "ds"])
    for door in DOORS:
        found = door(hourly, tmp_path, client, name).sort_values(["unique_id", "ds"])
        for column in NUMBERS:
            np.testing.assert_allclose(found[column].astype(float), expected[column], rtol=1e-5, err_msg=column)


def shuffled(frame):
    return frame.sample(frac=1, random_state=3)


def renamed(frame):
    return frame.assign(unique_id=frame["unique_id"].map({"s0": "zebra", "s1": "ant"}))


def longer(frame):
    """The same series with older rows before them, beyond the context."""
    older = frame.groupby("unique_id").head(60)
    return pd.concat([older.assign(ds=older["ds"] - pd.Timedelta(hours=60), y=1000.0), frame], ignore_index=True)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize(
    "variant", [lambda frame: frame, shuffled, renamed, longer], ids=["plain", "shuffled", "renamed", "longer"]
)
def test_every_door_gives_the_predictors_numbers(door, variant, trained, hourly, client, tmp_path):
    names = {"zebra": "s0", "ant": "s1"}
    found = door(variant(hourly), tmp_path, client)
    found = found.assign(unique_id=found["unique_id"].replace(names)).sort_values(["unique_id", "ds"])
    expected = trained.predict(level=LEVELS).sort_values(["unique_id", "ds"])
    assert list(found["unique_id"]) == list(expected["unique_id"])
    assert list(pd.to_datetime(found["ds"])) == list(expected["ds"])
    for column in NUMBERS:
        np.testing.assert_allclose(found[column].astype(float), expected[column], rtol=1e-6, err_msg=column)
