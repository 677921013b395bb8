"""Going on with new observations: the same as never having stopped, with and without an artifact in between."""

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.errors import ArtifactError, ConfigError, NotFittedError, PanelError, TrainingError
from forecasting.store import model_folder
from forecasting.store.learner_state import LearnerState
from tests.conftest import make_frame
from tests.store.model_folders import sign

NEW = 30


def forecaster(learner="ekf", **training):
    training = Training(learner=learner, learning_rate=0.02, **training)
    choices = {"units": 3, "width": 2, "segment": 1, "decoding": "recursive"}
    return Forecaster("gru", 6, context_length=24, training=training, **choices)


def old_and_new():
    """Return a frame, its older rows, and its last ones."""
    frame = make_frame(series=2, rows=100, missing=0.05)
    is_new = frame["ds"] >= frame["ds"].max() - pd.Timedelta(NEW, "h")
    return frame, frame[~is_new], frame[is_new]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a model that learnt the older rows by the filter."""
    return forecaster().fit(old_and_new()[1]).save(tmp_path_factory.mktemp("models") / "model")


@pytest.fixture
def folder(written, tmp_path):
    """A copy of that folder, to be changed."""
    return shutil.copytree(written, tmp_path / "model")


@cache
def gone_on(learner):
    """Return the bytes of a model that learnt the older rows, by file, and what it became by the last ones.

    Once per process; the model is not to be changed.
    """
    _, old, new = old_and_new()
    model = forecaster(learner).fit(old)
    with tempfile.TemporaryDirectory() as folder:
        before = {path.name: path.read_bytes() for path in Path(model.save(f"{folder}/model")).iterdir()}
    begun, forecast = model.facts, model.predict()
    assert model.update(new) is model
    return before, begun, forecast, model


def numbers(model):
    arrays = model.fitted.artifact.learner.arrays
    return [*model.predictor.network.get_weights(), *(arrays[name] for name in sorted(arrays))]


def require_equal(model, other, tolerance=0.0):
    for found, wanted in zip(numbers(model), numbers(other), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("learner", ["ekf", "rtrl", "rtrl:optimizer=sgd"])
def test_an_update_is_the_rest_of_a_fit(learner):
    at_once = forecaster(learner).fit(old_and_new()[0])
    _, begun, before, later = gone_on(learner)
    require_equal(later, at_once)
    pd.testing.assert_frame_equal(later.predict(), at_once.predict())
    assert later.predict()["ds"].min() > before["ds"].max() - pd.Timedelta(6, "h")
    assert later.facts.training_end == at_once.facts.training_end != begun.training_end
    assert (later.facts.rows, later.facts.steps) == (at_once.facts.rows, at_once.facts.steps)
    assert later.facts.fingerprint != begun.fingerprint


@pytest.mark.parametrize("learner", ["ekf:half_life=50,process_noise=0.001", "rtrl"])
def test_an_update_after_load_is_an_update_without_save(learner, tmp_path):
    frame, _, new = old_and_new()
    files, _, _, model = gone_on(learner)
    (tmp_path / "model").mkdir()
    for name, content in files.items():
        (tmp_path / "model" / name).write_bytes(content)
    loaded = Forecaster.load(tmp_path / "model")
    with pytest.raises(NotFittedError, match="holds no data"):
        loaded.predict()
    half = new["ds"].min() + pd.Timedelta(10, "h")
    for part in (new[new["ds"] < half], new[new["ds"] >= half]):
        loaded.update(part)
    require_equal(loaded, model, 1e-9)
    pd.testing.assert_frame_equal(loaded.predict(frame), model.predict())
    assert set(loaded.predict()["ds"]) == set(model.predict()["ds"])
    assert loaded.is_loaded
    again = Forecaster.load(loaded.save(tmp_path / "again"))
    require_equal(again, loaded)
    pd.testing.assert_frame_equal(again.predict(frame), model.predict())
    assert again.facts.training_end == model.facts.training_end


def test_new_series_are_welcome_and_one_row_is_enough():
    _, old, new = old_and_new()
    model = forecaster().fit(old)
    for start in sorted(new["ds"].unique())[:3]:
        model.update(new[new["ds"] == start])
    other = make_frame(series=1, rows=40).assign(unique_id="a")
    model.update(other)
    assert model.facts.series == 3
    assert set(model.predict()["unique_id"]) == {"a", "s0", "s1"}
    model.update(other.tail(1).assign(ds=lambda rows: rows["ds"] + pd.Timedelta(1, "h")))


@pytest.mark.parametrize(("hours", "code"), [(-1, "already_seen"), (1, "gap"), (0.5, "off_grid")])
def test_rows_that_do_not_follow_are_refused_by_series_and_row_and_nothing_is_learnt(hours, code, written):
    _, _, new = old_and_new()
    model = Forecaster.load(written)
    before = numbers(model)
    moved = new.assign(ds=new["ds"].where(new["unique_id"] == "s0", new["ds"] + pd.Timedelta(hours, "h")))
    with pytest.raises(PanelError) as caught:
        model.update(moved)
    assert (caught.value.code, caught.value.series, caught.value.row) == (code, "s1", 0)
    for found, wanted in zip(numbers(model), before, strict=True):
        np.testing.assert_array_equal(found, wanted)
    model.update(new)


def test_rows_of_another_zone_are_refused(written):
    _, _, new = old_and_new()
    model = Forecaster.load(written)
    with pytest.raises(PanelError, match="same zone"):
        model.update(new.assign(ds=new["ds"].dt.tz_localize("UTC")))


def test_a_learner_that_always_starts_afresh_says_so(trained, hourly, tmp_path):
    loaded = Forecaster.load(trained.save(tmp_path / "model"))
    for model in (trained, loaded):
        with pytest.raises(ConfigError, match="learner='ekf'"):
            model.update(hourly)
    with pytest.raises(NotFittedError, match="Call `fit` first"):
        forecaster().update(hourly)


def test_an_update_that_diverges_leaves_everything_as_it_was(monkeypatch):
    _, old, new = old_and_new()
    model = forecaster("rtrl").fit(old)
    before = numbers(model)

    def diverge(*rows):
        weight = model.predictor.network.trainable_variables[0]
        weight.assign(np.full(weight.shape, np.nan))
        return np.zeros(3)

    with monkeypatch.context() as patch:
        patch.setattr(model.fitted.online, "take", lambda *rows: pd.Series(diverge(*rows)).to_numpy().view(Numbers))
        with pytest.raises(TrainingError, match="diverged"):
            model.update(new)
    for found, wanted in zip(numbers(model), before, strict=True):
        np.testing.assert_array_equal(found, wanted)
    require_equal(model.update(new), gone_on("rtrl")[-1])


@pytest.mark.parametrize("raised", [KeyboardInterrupt, MemoryError])
def test_an_update_that_is_broken_off_leaves_everything_as_it_was(monkeypatch, raised):
    _, old, new = old_and_new()
    model = forecaster("rtrl").fit(old)
    before = numbers(model)

    def break_off(*rows):
        weight = model.predictor.network.trainable_variables[0]
        weight.assign(weight + 1)
        raise raised

    with monkeypatch.context() as patch:
        patch.setattr(model.fitted.online, "take", break_off)
        with pytest.raises(raised):
            model.update(new)
    for found, wanted in zip(numbers(model), before, strict=True):
        np.testing.assert_array_equal(found, wanted)
    require_equal(model.update(new), forecaster("rtrl").fit(old).update(new))


class Numbers(np.ndarray):
    """An array that reads like a tensor."""

    def numpy(self):
        return np.asarray(self)


def test_the_state_of_a_learner_is_a_file_that_the_manifest_vouches_for(folder):
    _, _, new = old_and_new()
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        (*model_folder.FILES, model_folder.LEARNER_FILE, model_folder.MANIFEST_FILE)
    )
    path, manifest = folder / model_folder.LEARNER_FILE, folder / model_folder.MANIFEST_FILE
    content, recorded = path.read_bytes(), manifest.read_text()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="is not the file that was written"):
        model_folder.verify(folder)
    path.unlink()
    with pytest.raises(ArtifactError, match="is missing"):
        model_folder.verify(folder)
    files = json.loads(recorded)["files"]
    manifest.write_text(json.dumps({"files": {name: files[name] for name in model_folder.FILES}}))
    with pytest.raises(NotFittedError, match="without what its learner remembers"):
        Forecaster.load(folder).update(new)
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="is not the file that was written"):
        model_folder.verify(folder)


@pytest.mark.parametrize("change", ["shape", "name", "series", "file"])
def test_a_state_that_does_not_fit_is_refused(folder, change):
    _, _, new = old_and_new()
    path = folder / model_folder.LEARNER_FILE
    state = LearnerState.read(path)
    arrays, record = dict(state.arrays), dict(state.record)
    if change == "shape":
        arrays["rule/covariance"] = arrays["rule/covariance"][:-1]
    if change == "name":
        del arrays["series/state"]
    if change == "series":
        record["series"] = ["s0"]
    LearnerState(arrays, record).write(path)
    if change == "file":
        path.write_bytes(b"nothing")
    sign(folder)
    with pytest.raises(ArtifactError) as caught:
        Forecaster.load(folder).update(new)
    assert caught.value.code == "learner"
