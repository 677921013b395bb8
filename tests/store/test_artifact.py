"""The artifact: complete, refused when anything in it was touched, the same in a fresh process."""

import json
import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from forecasting import Forecaster, Training
from forecasting.errors import ArtifactError
from forecasting.leaderboard import compete, report_of
from forecasting.store import model_folder
from forecasting.store.artifact import SCHEMA_VERSION, Artifact
from forecasting.store.report import RunReference
from tests.conftest import make_frame
from tests.places import KEPT_MODELS
from tests.store.model_folders import sign


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    return trained.save(tmp_path_factory.mktemp("artifact") / "model")


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "model")


def test_it_holds_these_files_and_no_training_data(saved, hourly):
    assert sorted(file.name for file in saved.iterdir()) == sorted((*model_folder.FILES, model_folder.MANIFEST_FILE))
    text = (saved / model_folder.SPEC_FILE).read_text() + (saved / model_folder.GOLDEN_FILE).read_text()
    assert not any(repr(float(value)) in text for value in hourly["y"].dropna())
    modes = {file.stat().st_mode for file in saved.iterdir()}
    assert len(modes) == 1, "whoever may read one file may read them all: a service has a user of its own"


@pytest.mark.parametrize("name", model_folder.FILES)
def test_a_flipped_byte_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match="is not the file that was written"):
        Artifact.read(folder)


@pytest.mark.parametrize("name", [*model_folder.FILES, model_folder.MANIFEST_FILE])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        Artifact.read(folder)


def test_an_extra_file_is_refused(folder):
    (folder / "code.py").write_text("print('hello')")
    with pytest.raises(ArtifactError, match=r"code\.py"):
        Artifact.read(folder)


def test_a_link_is_refused(folder, tmp_path):
    target = shutil.move(folder / model_folder.WEIGHTS_FILE, tmp_path / "elsewhere")
    (folder / model_folder.WEIGHTS_FILE).symlink_to(target)
    with pytest.raises(ArtifactError, match="plain file"):
        Artifact.read(folder)


def test_weights_that_are_not_finite_are_refused_even_when_signed(folder):
    weights = load_file(folder / model_folder.WEIGHTS_FILE)
    name = sorted(weights)[0]
    weights[name] = np.full_like(weights[name], np.nan)
    save_file(weights, folder / model_folder.WEIGHTS_FILE)
    sign(folder)
    with pytest.raises(ArtifactError, match="not finite"):
        Artifact.read(folder)


def test_other_weights_are_refused_by_the_golden_forecasts_even_when_signed(folder):
    weights = load_file(folder / model_folder.WEIGHTS_FILE)
    save_file({name: value + np.float32(0.05) for name, value in weights.items()}, folder / model_folder.WEIGHTS_FILE)
    sign(folder)
    with pytest.raises(ArtifactError, match="golden forecasts differ"):
        Artifact.read(folder)


def test_weights_of_another_shape_are_refused(folder):
    weights = load_file(folder / model_folder.WEIGHTS_FILE)
    name = sorted(weights)[0]
    weights[name] = np.zeros((*weights[name].shape, 2), "float32")
    save_file(weights, folder / model_folder.WEIGHTS_FILE)
    sign(folder)
    with pytest.raises(ArtifactError, match="wanted"):
        Artifact.read(folder)


class Field(NamedTuple):
    """A field within a part of a description, and its value."""

    name: str
    value: object


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "Fix: upgrade this package"),
        ({"schema_version": 0}, "Fix: train the model again, or load it with the version"),
        ({"schema_version": "2"}, "schema version '2'"),
        ({"owner": "me"}, "which knows no owner"),
        ({"schema_version": None}, "schema version None"),
        ({"task": {"horizon": 3}}, "does not describe a model"),
        ({"facts": {}}, "does not describe a model"),
        ({"task": Field("hidden", 1)}, "does not describe a model: Unknown field 'hidden'"),
        ({"spec": Field("hidden", 1)}, "does not describe a model: Unknown field 'hidden'"),
        ({"spec": Field("scaling", "zscore")}, "`scaling` must be one of"),
    ],
)
def test_a_spec_that_means_something_else_is_refused(folder, change, message):
    path = folder / model_folder.SPEC_FILE
    spec = json.loads(path.read_text())
    said = {name: spec[name] | {one.name: one.value} if isinstance(one, Field) else one for name, one in change.items()}
    path.write_text(json.dumps(spec | said))
    sign(folder)
    with pytest.raises(ArtifactError, match=message):
        Artifact.read(folder)


def test_saving_over_a_model_replaces_it_and_over_anything_else_is_refused(trained, folder, tmp_path):
    trained.save(folder)
    model_folder.verify(folder)
    other = tmp_path / "precious"
    other.mkdir()
    (other / "data.csv").write_text("a")
    with pytest.raises(ArtifactError, match="no model folder"):
        trained.save(other)
    assert (other / "data.csv").read_text() == "a"


class Killed(BaseException):
    """No handler of ordinary errors sees a process that is killed."""


def stop_moving(monkeypatch, after, error):
    """Let `os.replace` work some times, and then never again."""
    moved, replace = [], os.replace

    def move(source, target):
        moved.append(source)
        if len(moved) > after:
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", move)


def test_a_kill_while_a_model_is_replaced_leaves_the_old_one_whole(trained, folder, tmp_path, monkeypatch):
    digest = model_folder.verify(folder)
    stop_moving(monkeypatch, 1, Killed())
    with pytest.raises(Killed):
        trained.save(folder)
    monkeypatch.undo()
    aside = tmp_path / ".model.old"
    assert not folder.exists()
    assert model_folder.verify(aside) == digest
    trained.save(folder)  # what is left over is in nobody's way
    model_folder.verify(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("moves", [0, 1])
def test_a_model_that_cannot_be_put_in_place_leaves_the_old_one_there(trained, folder, tmp_path, monkeypatch, moves):
    digest = model_folder.verify(folder)
    replace, calls = os.replace, []

    def move(source, target):
        calls.append(source)
        if len(calls) == moves + 1:
            raise OSError(5, "the disk is gone for a moment")
        replace(source, target)

    monkeypatch.setattr(os, "replace", move)
    with pytest.raises(OSError, match="the disk is gone"):
        trained.save(folder)
    assert model_folder.verify(folder) == digest
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_where_a_link_points_to_is_replaced_and_the_link_stays(trained, folder, tmp_path):
    (tmp_path / "current").symlink_to(folder)
    trained.save(tmp_path / "current")
    model_folder.verify(folder)
    assert (tmp_path / "current").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "model"]


def test_a_place_is_judged_without_being_touched(folder, tmp_path):
    for free in (folder, tmp_path / "new", tmp_path / "new" / "deep"):
        model_folder.require_place(free)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    (tmp_path / "file").write_text("a")
    for taken in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(ArtifactError, match="file is a file"):
            model_folder.require_place(taken)
    with pytest.raises(ArtifactError, match="no model folder"):
        model_folder.require_place(tmp_path)


def test_a_closed_folder_is_no_place(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir(mode=0o555)
    if os.geteuid() == 0:  # who may write everywhere meets no closed folder
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ArtifactError, match="may not be written to"):
        model_folder.require_place(tmp_path / "closed" / "model")


def test_it_loads_in_a_fresh_process_without_the_training_data_and_without_training_code(
    trained, saved, hourly, tmp_path
):
    hourly.to_parquet(tmp_path / "history.parquet")
    code = (
        "import sys, pandas as pd; from forecasting import Forecaster; "
        f"frame = Forecaster.load({str(saved)!r}).predict(pd.read_parquet({str(tmp_path / 'history.parquet')!r})); "
        "assert not [name for name in sys.modules if name.startswith('forecasting.training')], 'training code loaded'; "
        "assert 'mlflow' not in sys.modules; print(frame['gru'].tolist())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    np.testing.assert_allclose(json.loads(shown.stdout.splitlines()[-1]), trained.predict()["gru"], rtol=1e-6)


def test_it_names_no_device(saved):
    """Weights are plain numbers: a model that was trained on a GPU is loaded where there is none, and the other way."""
    size = int.from_bytes((saved / model_folder.WEIGHTS_FILE).read_bytes()[:8], "little")
    header = (saved / model_folder.WEIGHTS_FILE).read_bytes()[8 : 8 + size].decode()
    assert {entry["dtype"] for name, entry in json.loads(header).items() if name != "__metadata__"} <= {"F32", "F64"}
    texts = [header, *((saved / name).read_text() for name in (model_folder.SPEC_FILE, model_folder.GOLDEN_FILE))]
    assert not re.search(r"(?i)\b(gpu|cuda|cudnn|tpu|device)\b", "".join(texts))


def test_a_model_of_every_schema_that_was_ever_written_is_still_read():
    """Folders are kept as they were written; `scripts/keep_artifact.py` says when one is made, and makes it."""
    kept = sorted(KEPT_MODELS.glob("schema-*"))
    assert [folder.name for folder in kept] == [f"schema-{1 + number}" for number in range(SCHEMA_VERSION)]
    for folder in kept:
        loaded = Forecaster.load(folder)  # replays its golden forecasts
        found = loaded.predict(make_frame(series=1, rows=60), level=[80])
        assert found["status"].tolist() == ["ok"] * loaded.horizon
        assert np.isfinite(found[["gru", "gru-lo-80", "gru-hi-80"]].to_numpy()).all()


def test_a_report_is_kept_beside_the_model_and_goes_on_with_it(hourly, tmp_path):
    model = Forecaster("seasonal-naive", 6, training=Training(calibration_windows=2))
    panel = model.panel(hourly)
    run = RunReference(run_id="a1", address="https://mlflow.example.org")
    report = report_of(compete([model, Forecaster("naive", 6)], panel, windows=3), {"gru": "too few rows."}, run)
    folder = model.fit_panel(panel).fitted.reported(report).artifact.write(tmp_path / "model")
    loaded = Forecaster.load(folder)
    assert loaded.fitted.report == report
    assert [row.model for row in report.leaderboard] == ["seasonal-naive", "naive"]
    assert (report.windows, report.left_out, len(report.error_by_step.values)) == (6, {"gru": "too few rows."}, 6)
    assert 0 <= report.coverage["80"] <= 1
    assert "coverage_80" not in report.leaderboard[1].metrics, "`naive` gives points"
    again = loaded.calibrate(hourly, 2).save(tmp_path / "again")
    assert Artifact.read(again).report == report.recalibrated(), "nobody has measured how often the new intervals hold"


@pytest.mark.parametrize(
    "change", [{"owner": "me"}, {"windows": "many"}, {"leaderboard": []}, {"run": {"run_id": "a", "password": "b"}}]
)
def test_a_report_of_another_kind_is_refused(folder, change):
    kept = KEPT_MODELS / f"schema-{SCHEMA_VERSION}" / model_folder.REPORT_FILE
    (folder / model_folder.REPORT_FILE).write_text(json.dumps(json.loads(kept.read_text()) | change))
    sign(folder)
    with pytest.raises(ArtifactError, match="The report of the model is none") as caught:
        Artifact.read(folder)
    assert caught.value.code == "report"


@pytest.mark.parametrize("name", [model_folder.REPORT_FILE, model_folder.STATE_FILE])
def test_files_that_a_schema_did_not_know_are_refused_in_its_folders(tmp_path, name):
    kept = KEPT_MODELS
    old, new = (shutil.copytree(kept / f"schema-{number}", tmp_path / str(number)) for number in (1, 2))
    for folder in (old, new):
        content = (kept / "schema-2" / model_folder.REPORT_FILE).read_bytes()
        (folder / name).write_bytes(content)
        sign(folder)
    with pytest.raises(ArtifactError, match=f"schema version 1, which knows no {re.escape(name)}"):
        Artifact.read(old)
    assert Artifact.read(new).report is not None


def test_a_manifest_with_a_field_nobody_knows_is_refused(folder):
    path = folder / model_folder.MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"signed_by": "me"}))
    with pytest.raises(ArtifactError, match="must hold `files` and nothing else"):
        Artifact.read(folder)


def environment():
    return {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}


def test_a_loaded_forecaster_knows_its_choices(trained, saved):
    loaded = Forecaster.load(saved)
    assert loaded.spec == trained.spec
    assert loaded.predictor.task == trained.predictor.task
    assert loaded.facts == trained.facts
    assert loaded.choices.training == trained.choices.training
