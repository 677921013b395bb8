"""Training that shares its batches among devices: the same step as on one, or a clear refusal."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.errors import ConfigError
from forecasting.models.spec import ModelSpec
from pipelines.jobs.forecasters import trainings_of
from tests.conftest import QUICK, make_frame
from tests.places import ROOT


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the process with two devices says; devices must be made before TensorFlow starts."""
    command = [sys.executable, "-m", "tests.training.two_devices", str(tmp_path_factory.mktemp("two") / "model")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_two_devices_take_the_step_of_one(found):
    assert found["devices"] == "CPU:0, CPU:1"
    assert found["weights"] < 1e-6
    assert found["history"] < 1e-4
    assert found["clipping"] > 100 * found["weights"], "the test needs gradients that are clipped"


def test_what_two_devices_have_learnt_is_saved_and_answers_on_one(found):
    assert found["loaded"] == 0


def test_a_batch_smaller_than_the_number_of_devices_is_refused(found):
    assert found["one window"] == "batch_too_small"


def test_on_one_device_a_mirrored_training_is_an_ordinary_one():
    frame, fitted = make_frame(rows=80), []
    for strategy in ("", "mirrored"):
        training = Training(**QUICK, refit=False, strategy=strategy)
        fitted.append(Forecaster("ff-ar", 4, context_length=12, units=4, training=training).fit(frame))
    for one, other in zip(*(each.predictor.network.get_weights() for each in fitted), strict=True):
        np.testing.assert_array_equal(one, other)
    assert fitted[1].facts.training["strategy"] == "mirrored"
    assert fitted[1].learned_.notes["devices"] == "CPU:0"


@pytest.mark.parametrize(
    ("model", "learner"), [("seasonal-naive", ""), ("ar", ""), ("gru", "truncated"), ("gru", "ekf")]
)
def test_learners_without_batches_of_windows_refuse(model, learner):
    training = Training(learner=learner, strategy="mirrored")
    with pytest.raises(ConfigError, match="Leave `strategy` empty") as caught:
        Forecaster(model, 4, training=training).fit(make_frame(rows=80))
    assert caught.value.code == "strategy_unfit"


def test_an_unknown_strategy_is_refused():
    with pytest.raises(ConfigError, match="'mirrored', or empty"):
        Training(strategy="parameter-server")


def test_among_several_models_those_that_can_share_do():
    specs = [ModelSpec.of(name, {}) for name in ("seasonal-naive", "gru")]
    found = trainings_of(specs, Training(strategy="mirrored"))
    assert [training.strategy for training in found] == ["", "mirrored"]
    alone = trainings_of(specs[:1], Training(strategy="mirrored"))
    assert alone[0].strategy == "mirrored", "so that its fit says why it cannot"
