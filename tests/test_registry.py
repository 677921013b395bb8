"""MLflow: runs, versions and aliases in a real embedded store, and the model for MLflow's own users."""

import mlflow
import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, registry, tracking
from forecasting.errors import ArtifactError, RegistryError
from forecasting.home import home, tracking_uri
from forecasting.plots import fan_chart

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def logged(trained, hourly):
    """Two versions of one model, the first the champion."""
    with tracking.run("training", "tests") as run:
        run.params({"model": "gru", "nothing": None})
        run.metrics({"mase": 0.5, "owa": float("nan")})
        run.history(trained.learned_)
        run.dataset(hourly, "hourly", trained.facts.fingerprint)
        forecast = trained.predict(level=[80])
        run.table(forecast, "forecast.json")
        one = forecast[forecast["unique_id"] == "s0"]
        run.figure(fan_chart(hourly[hourly["unique_id"] == "s0"], one, "gru", [80]), "fan.png")
        first = run.model(trained.predictor, trained.facts, "tests-model")
        second = run.model(trained.predictor, trained.facts, "tests-model")
    registry.promote("tests-model", first.version.version)
    return run, first, second


def test_a_run_holds_what_was_logged(logged):
    run = registry.client().get_run(logged[0].run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"model": "gru"}
    assert run.data.metrics["mase"] == 0.5
    assert "owa" not in run.data.metrics
    assert "val_loss" in run.data.metrics
    assert run.inputs.dataset_inputs[0].dataset.name == "hourly"
    files = {file.path for file in registry.client().list_artifacts(logged[0].run_id)}
    assert {"forecast.json", "fan.png"} <= files


def test_nothing_of_a_store_is_outside_the_home_folder(logged):
    assert tracking_uri() == f"sqlite:///{home() / 'mlflow.db'}"
    assert (home() / "mlflow.db").exists()
    assert list((home() / "artifacts").iterdir())


def test_no_row_of_the_training_data_is_in_a_logged_model(logged, hourly):
    folder = next((home() / "artifacts").rglob(logged[1].model_id))
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {"MLmodel", "input_example.json", "serving_input_example.json", "golden.json"} <= set(files)
    values = [repr(float(value)).encode() for value in hourly["y"].dropna()]
    assert not [name for name, text in files.items() for value in values if value in text]


def test_a_version_is_loaded_by_alias_number_and_uri(logged, trained, hourly):
    expected = trained.predict(hourly)
    for reference in ("tests-model", "tests-model@champion", "tests-model/2", "models:/tests-model@champion"):
        pd.testing.assert_frame_equal(Forecaster.load(reference).predict(hourly), expected)


def test_promotion_moves_the_alias_and_rollback_moves_it_back(logged):
    assert registry.champion("tests-model").version == "1"
    assert registry.promote("tests-model", "2").aliases == ("champion",)
    assert registry.rollback("tests-model").version == "1"
    assert registry.rollback("tests-model").version == "2"
    assert registry.promote("tests-model", "1").version == "1"


def test_what_was_in_production_is_a_log_that_only_grows(logged):
    before = registry.promotions("tests-model")
    for version in ("2", "1"):
        registry.promote("tests-model", version)
    registry.rollback("tests-model")
    after = registry.promotions("tests-model")
    assert after[: len(before)] == before
    assert [one.version for one in after[len(before) :]] == ["2", "1", "2"]
    assert [one.since for one in after] == sorted({one.since for one in after})
    registry.promote("tests-model", "1")
    with pytest.raises(RegistryError, match="nobody"):
        registry.promotions("nobody")


def test_the_model_for_mlflows_users_gives_the_predictors_numbers(logged, trained, hourly):
    with registry.use_store():
        model = mlflow.pyfunc.load_model("models:/tests-model/1")
    pd.testing.assert_frame_equal(
        model.predict(hourly, params={"level": [80.0]}), trained.predict(level=[80]), check_dtype=False
    )
    assert len(model.predict(hourly, params={"horizon": 3})) == 6


def test_a_fetched_model_is_found_in_the_cache_and_verified_there(logged):
    folder = registry.resolve("tests-model/1")
    assert folder == registry.resolve("tests-model/1")
    weights = folder / "weights.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="sha256"):
        registry.resolve("tests-model/1")
    weights.write_bytes(content)
    assert np.isfinite(Forecaster.load("tests-model/1").facts.seconds)


@pytest.mark.parametrize("reference", ["nothing", "tests-model/99", "tests-model@nobody"])
def test_what_is_not_registered_is_said(logged, reference):
    with pytest.raises(RegistryError, match="is not in the registry"):
        registry.resolve(reference)


@pytest.mark.parametrize(
    "reference", ["../model", "http://example.org/model", "file:///tmp/x", "Model", "a" * 65, "runs:/1/x"]
)
def test_what_is_no_reference_is_refused_before_anything_is_asked(reference):
    with pytest.raises(RegistryError, match="neither a model folder"):
        registry.resolve(reference)


def test_a_model_without_a_former_champion_cannot_be_rolled_back(logged, trained):
    with tracking.run("other", "tests") as run:
        run.model(trained.predictor, trained.facts, "lonely")
    registry.promote("lonely", "1")
    with pytest.raises(RegistryError, match="no other champion"):
        registry.rollback("lonely")


def test_mlflows_own_setting_is_left_as_it_was(logged):
    import os

    assert "MLFLOW_TRACKING_URI" not in os.environ
