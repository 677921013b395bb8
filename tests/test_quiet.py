"""TensorFlow's start-up lines appear nowhere, and what goes wrong while it is loaded is seen with its text."""

import logging
import os
import subprocess
import sys

import pytest

from forecasting import quiet
from tests.conftest import make_frame
from tests.places import ROOT

#: Words of the lines that TensorFlow and its parts write by themselves.
TALK = ("absl", "oneDNN", "cuda", "cuInit", "cuFFT", "cuDNN", "cuBLAS", "optimized to use", "XLA", "retracing")

SCRIPT = """
import numpy as np
import pandas as pd
from forecasting import Forecaster, Training

frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=300, freq="h"), "y": np.sin(np.arange(300) / 4)})
quick = Training(steps=1000, validate_every=500, batch_size=4)  # so many steps, a refit's included, that XLA compiles
Forecaster("ff-ar", horizon=12, units=4, width=4, training=quick).fit(frame).predict()
for length in range(8):  # each is a graph of its own
    Forecaster("ar", horizon=12, context_length=24 + length).fit(frame).predict()
"""

FORECAST = "import sys; from pipelines.cli import main; main(sys.argv[1:])"

IMPORT = "import forecasting, tensorflow"

#: A TensorFlow that writes as the real one does while it is imported, and then does what it is told.
BROKEN = """
import os
os.write(2, b"I0000 00:00:1796071548.414768   32597 port.cc:153] oneDNN custom operations are on.\\n")
os.write(2, b"libcudart.so.12 is broken\\n")
"""


def run(code, *arguments, folder=ROOT, **environment):
    """Run a program as its user would, with none of the settings of the tests; return how it ended."""
    variables = {name: value for name, value in os.environ.items() if name not in (quiet.LOG_LEVEL, quiet.DEBUG)}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=240, cwd=folder, env={**variables, **environment},
    )  # fmt: skip


def require_no_talk(ended):
    assert ended.returncode == 0, ended.stderr
    assert not [word for word in TALK if word.lower() in (ended.stderr + ended.stdout).lower()], ended.stderr


def test_a_script_of_python_says_nothing():
    ended = run(SCRIPT)
    require_no_talk(ended)
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("name", "value", "is_asked"),
    [
        (quiet.LOG_LEVEL, "0", True),
        (quiet.LOG_LEVEL, "1", True),
        (quiet.LOG_LEVEL, "2", False),
        (quiet.LOG_LEVEL, "3", False),
        (quiet.DEBUG, "1", True),
        (quiet.DEBUG, "", False),
    ],
)
def test_who_asks_for_it_and_who_does_not(name, value, is_asked, monkeypatch):
    for one in (quiet.LOG_LEVEL, quiet.DEBUG):
        monkeypatch.delenv(one, raising=False)
    assert not quiet.is_asked_for()
    monkeypatch.setenv(name, value)
    assert quiet.is_asked_for() == is_asked


@pytest.mark.parametrize(
    ("name", "value", "is_seen"),
    [(quiet.LOG_LEVEL, "1", True), (quiet.LOG_LEVEL, "2", False), (quiet.DEBUG, "1", True)],
)
def test_whoever_asks_sees_everything(name, value, is_seen):
    ended = run(IMPORT, **{name: value})
    assert ("oneDNN" in ended.stderr) == is_seen
    assert is_seen or ended.stderr == ""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("quiet") / "hourly.parquet"
    make_frame(series=8, rows=80).to_parquet(path)
    return path


def test_a_training_says_a_line_for_each_model_and_workers_say_nothing(data, tmp_path):
    trained = run(FORECAST, "train", data, "--horizon", 6, "--context", 24, "--model", "ff-ar:units=4,width=4",
                  "--model", "naive", "--windows", 2, "--set", "training.steps=40", "--out", tmp_path / "model",
                  "--no-track")  # fmt: skip
    require_no_talk(trained)
    lines = [line for line in trained.stderr.splitlines() if line.endswith(" s")]
    ff_ar, naive, winner = lines
    assert all(part in ff_ar for part in ("ff-ar", ": mase ", "loss ", "val_mae "))
    assert naive.startswith("naive: mase ")
    assert " on all data: " in winner
    batch = run(FORECAST, "batch", data, "--model", tmp_path / "model", "--out", tmp_path / "out", "--parts", 4,
                "--workers", 2)  # fmt: skip
    require_no_talk(batch)
    assert "4 of 4 parts, 8 series" in batch.stderr


@pytest.fixture
def broken(tmp_path):
    """Return a function that writes a TensorFlow of this ending, and imports it."""

    def load(ending):
        (tmp_path / "tensorflow").mkdir()
        (tmp_path / "tensorflow" / "__init__.py").write_text(BROKEN + ending)
        return run(IMPORT, folder=tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}")

    return load


@pytest.mark.parametrize(
    ("ending", "code"),
    [("raise ImportError('no libcudart')", 1), ("os.abort()", -6), ("os._exit(3)", 3)],
    ids=["error", "crash", "exit"],
)
def test_loading_that_fails_shows_all_that_was_written(broken, ending, code):
    ended = broken(ending)
    assert ended.returncode == code
    assert "oneDNN" in ended.stderr
    assert "libcudart.so.12 is broken" in ended.stderr
    assert ("ImportError: no libcudart" in ended.stderr) == (code == 1)


def test_an_interrupt_while_loading_is_no_failure(broken):
    ended = broken("raise KeyboardInterrupt")
    assert "oneDNN" not in ended.stderr
    assert "libcudart.so.12 is broken" in ended.stderr, "what is not of TensorFlow's log is never lost"


def test_a_gpu_that_cannot_be_used_is_said(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(quiet, "NVIDIA_DRIVER", str(tmp_path / "version"))
    assert not quiet.is_unusable([]), "there is none"
    (tmp_path / "version").write_text("NVRM version")
    assert quiet.is_unusable([])
    assert not quiet.is_unusable(["GPU:0"])
    driver = f"from forecasting import quiet; quiet.NVIDIA_DRIVER = {str(tmp_path)!r}; "
    told = run(driver + IMPORT).stderr
    assert "TensorFlow finds no GPU" in told
    assert "cuInit" in told, "why it cannot be used"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert not quiet.is_unusable([]), "it is hidden on purpose"


def test_other_warnings_of_tensorflow_pass():
    record = logging.makeLogRecord({"msg": "5 out of the last 5 calls to f triggered tf.function retracing"})
    assert not quiet.is_no_retracing(record)
    assert quiet.is_no_retracing(logging.makeLogRecord({"msg": "Gradients do not exist"}))
