"""MLflow: runs, versions and aliases in a real embedded store, and the model for MLflow's own users."""

import os
import shutil

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED, TEMPORARILY_UNAVAILABLE

from forecasting import Forecaster
from forecasting.errors import ArtifactError, RegistryError
from forecasting.plots import fan_chart
from forecasting.store import registry, tracking
from forecasting.store.home import home, tracking_uri


@pytest.fixture(scope="module")
def logged(trained, hourly):
    """Two versions of one model, the first the champion."""
    with tracking.run("training", "tests") as run:
        run.params({"model": "gru", "nothing": None})
        run.metrics({"mase": 0.5, "owa": float("nan")})
        run.history(trained.learned_.history)
        run.dataset(hourly, "hourly", trained.facts.fingerprint)
        forecast = trained.predict(level=[80])
        run.table(forecast, "forecast.json")
        one = forecast[forecast["unique_id"] == "s0"]
        run.figure(fan_chart(hourly[hourly["unique_id"] == "s0"], one, "gru", [80]), "fan.png")
        first = run.model(trained.fitted.artifact, "tests-model")
        second = run.model(trained.fitted.artifact, "tests-model")
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


def refusing(monkeypatch, method, code, times=1):
    """Let a method of MLflow's client fail some times, as its store does when it does not answer."""
    left, work = [None] * times, getattr(mlflow.MlflowClient, method)

    def call(*given):
        if left:
            left.pop()
            raise MlflowException("the store is away", error_code=code)
        return work(*given)

    monkeypatch.setattr(mlflow.MlflowClient, method, call)


@pytest.mark.parametrize(
    ("code", "told"), [(TEMPORARILY_UNAVAILABLE, "registry_unavailable"), (PERMISSION_DENIED, "registry")]
)
def test_a_promotion_that_fails_changes_nothing(logged, monkeypatch, code, told):
    registry.promote("tests-model", "2")
    registry.promote("tests-model", "1")
    log = registry.promotions("tests-model")
    refusing(monkeypatch, "set_registered_model_alias", code)
    with pytest.raises(RegistryError, match="the store is away") as caught:
        registry.promote("tests-model", "2")
    assert caught.value.code == told
    assert registry.champion("tests-model").version == "1"
    assert registry.former_champion("tests-model") == "2"
    assert registry.promotions("tests-model") == log
    refusing(monkeypatch, "set_registered_model_alias", code)
    with pytest.raises(RegistryError, match="the store is away"):
        registry.challenge("tests-model", "2")


def test_a_first_promotion_over_another_that_fails_leaves_no_former_champion(logged, trained, monkeypatch):
    with tracking.run("young", "tests") as run:
        for _ in range(2):
            run.model(trained.fitted.artifact, "young")
    registry.promote("young", "1")
    refusing(monkeypatch, "set_registered_model_alias", TEMPORARILY_UNAVAILABLE)
    with pytest.raises(RegistryError):
        registry.promote("young", "2")
    assert registry.former_champion("young") is None


def test_going_back_to_the_champion_itself_is_refused(logged):
    registry.promote("tests-model", "2")
    registry.promote("tests-model", "1")
    registry.client().set_registered_model_tag("tests-model", registry.FORMER_CHAMPION_TAG, "1")
    with pytest.raises(RegistryError, match="is the champion already") as caught:
        registry.rollback("tests-model")
    assert caught.value.code == "no_former_champion"
    registry.client().set_registered_model_tag("tests-model", registry.FORMER_CHAMPION_TAG, "2")
    assert registry.rollback("tests-model").version == "2"
    registry.promote("tests-model", "1")


def test_a_version_that_another_process_fetches_meanwhile_is_taken_from_it(logged, monkeypatch):
    folder = registry.resolve("tests-model/1")
    shutil.rmtree(folder)
    replace = os.replace

    def late(source, target):
        if target == folder:
            shutil.copytree(source, folder)
        replace(source, target)

    monkeypatch.setattr(os, "replace", late)
    assert registry.resolve("tests-model/1") == folder
    assert [path.name for path in folder.parent.glob(".fetch-*")] == []


def test_a_download_that_a_killed_process_left_is_deleted_and_one_under_way_is_not(logged):
    folder = registry.resolve("tests-model/1")
    shutil.rmtree(folder)
    abandoned, active = folder.parent / ".fetch-abandoned", folder.parent / ".fetch-active"
    for part in (abandoned, active):
        part.mkdir()
        (part / "weights.safetensors").write_text("half")
    day_before_yesterday = abandoned.stat().st_mtime - 2 * registry.ABANDONED
    os.utime(abandoned, (day_before_yesterday, day_before_yesterday))
    assert registry.resolve("tests-model/1") == folder
    assert not abandoned.exists()
    assert active.exists()
    shutil.rmtree(active)


def test_a_fetched_version_that_cannot_be_put_into_the_cache_is_an_error(logged, monkeypatch):
    folder = registry.resolve("tests-model/1")
    shutil.rmtree(folder)
    replace = os.replace

    def full(source, target):
        if target == folder:
            raise OSError(28, "no space left")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        registry.resolve("tests-model/1")


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


def test_a_registry_that_does_not_answer_is_named_without_its_password(monkeypatch):
    address = "http://user:secret@127.0.0.1:9"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryError, match="does not answer") as caught:
        registry.resolve("tests-model@champion")
    assert "secret" not in str(caught.value)
    monkeypatch.undo()


def test_a_model_without_a_former_champion_cannot_be_rolled_back(logged, trained):
    with tracking.run("other", "tests") as run:
        run.model(trained.fitted.artifact, "lonely")
    registry.promote("lonely", "1")
    with pytest.raises(RegistryError, match="no other champion"):
        registry.rollback("lonely")


def test_mlflows_own_setting_is_left_as_it_was(logged):
    assert "MLFLOW_TRACKING_URI" not in os.environ
