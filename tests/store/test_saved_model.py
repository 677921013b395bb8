"""The network as a SavedModel: another program, without this package, gets the same numbers."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.data.windows import layout
from forecasting.errors import ArtifactError
from tests.conftest import BRIEF, make_frame

#: Another program: it has TensorFlow, and windows in a file.
PROGRAM = """
import sys, numpy as np, tensorflow as tf
windows = dict(np.load("windows.npz"))
answer = tf.saved_model.load("exported").signatures["serving_default"]
found = answer(**{name: tf.constant(value) for name, value in windows.items()})
assert not [name for name in sys.modules if name.split(".")[0] in ("forecasting", "mlflow")]
np.save("found.npy", found["outputs"].numpy())
"""


@pytest.fixture(scope="module")
def forecaster():
    frame = make_frame(rows=120).assign(store=lambda f: f["unique_id"].map({"s0": "x", "s1": "y"}))
    frame = frame.assign(temp=np.arange(len(frame)) % 5.0, wind=np.arange(len(frame)) % 3 * 1.0)
    choices = {"static_covariates": ["store"], "known_covariates": ["temp"], "past_covariates": ["wind"]}
    training = Training(**BRIEF)
    return Forecaster("gru", 6, context_length=24, units=8, width=4, training=training, **choices).fit(frame)


def windows_of(forecaster):
    """The windows before the last horizon of every series, by the book of the signature."""
    panel, task = forecaster.fitted.history, forecaster.predictor.task
    arrays = layout(panel, task.calendar, 0, task.covariate_kinds)
    origins = panel.offsets[1:] - 1 - task.horizon
    rows = origins[:, None] + np.arange(1 - task.context_length, task.horizon + 1)
    known = arrays.known[rows].copy()
    known[:, task.context_length :, -1] = np.nan  # wind is past-only
    store = [list(task.static_covariates[0][1]).index(name) + 1 for name in panel.statics["store"]]
    return {
        "context": panel.y[rows[:, : task.context_length]],
        "known": known.astype(task.columns_dtype),
        "statics": np.array(store, "float32")[:, None],
    }


def test_another_program_gets_the_predictor_s_numbers(forecaster, tmp_path):
    folder = forecaster.export(tmp_path / "exported")
    np.savez(tmp_path / "windows.npz", **windows_of(forecaster))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    panel, task = forecaster.fitted.history, forecaster.predictor.task
    origins = panel.origins.later(-task.horizon)
    expected = forecaster.predictor.predict_panel(
        panel, forecaster.predictor.question(quantile_levels=task.quantile_levels), origins
    ).quantiles
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), expected, rtol=1e-6)
    described = json.loads((folder / "signature.json").read_text())
    assert described["quantile_levels"] == list(task.quantile_levels)
    assert [column["name"] for column in described["known"]] == [*task.calendar, "temp", "wind"]
    assert [column["kind"] for column in described["known"][-2:]] == ["known", "past_only"]
    assert described["statics"] == [{"name": "store", "categories": ["x", "y"]}]


def test_a_folder_that_holds_something_is_left_alone(forecaster, tmp_path):
    (tmp_path / "precious").write_text("a")
    with pytest.raises(ArtifactError, match="not empty"):
        forecaster.export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
