"""Settings come from the environment, are checked, and can be printed without their secrets."""

import importlib
import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from serving.settings import Settings, unknown_variables
from tests.places import ROOT


def run(*arguments, **variables):
    """Run the service's command with some variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORECAST_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-m", "serving", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def variables(monkeypatch):
    return lambda **given: [monkeypatch.setenv(f"FORECAST_{name}", value) for name, value in given.items()]


@pytest.mark.parametrize("text", ["a@champion,b/3", '["a@champion", "b/3"]', " a@champion , b/3, "])
def test_several_models_may_be_written_in_two_ways(variables, text):
    variables(MODELS=text)
    assert Settings().models == ("a@champion", "b/3")


def test_hosts_are_compared_in_small_letters(variables):
    variables(ALLOWED_HOSTS="Forecast.Example, localhost", MODELS="a@Champion")
    assert Settings().allowed_hosts == ("forecast.example", "localhost")
    assert Settings().models == ("a@Champion",)


def test_one_model_is_a_list_of_one(variables):
    variables(MODEL="a@champion", MODELS="")
    assert Settings().models == ("a@champion",)


def test_zeros_are_filled_in_and_leave_threads_for_health_checks(variables):
    variables(SLOTS="3")
    settings = Settings()
    assert (settings.slots, settings.queue) == (3, 6)
    assert settings.threads >= 100


def test_models_are_held_once_unless_more_processes_are_asked_for_and_leave_the_gpu_to_others(variables, monkeypatch):
    assert Settings().workers == 1
    variables(MODEL="traffic@champion")
    monkeypatch.delitem(sys.modules, "serving.gunicorn_conf", raising=False)
    conf = importlib.import_module("serving.gunicorn_conf")
    monkeypatch.delitem(sys.modules, "serving.gunicorn_conf")
    assert conf.workers == 1
    assert conf.threads > 100
    assert conf.ENVIRONMENT["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"PORT": "x"}, "valid integer"),
        ({"PORT": "70000"}, "65535"),
        ({"WORKERS": "0"}, "greater than or equal to 1"),
        ({"MODEL": "a", "MODELS": "b"}, "not both"),
        ({"MODELS": "a,a"}, "twice"),
        ({"SLOTS": "4", "QUEUE": "4", "THREADS": "8"}, "FORECAST_THREADS must exceed 8"),
        ({"DEADLINE_SECONDS": "0"}, "greater than 0"),
        ({"READ_SECONDS": "nan"}, "less than or equal"),
    ],
)
def test_what_means_nothing_is_refused(variables, given, message):
    variables(**given)
    with pytest.raises(ValidationError, match=message):
        Settings()


def test_unknown_arguments_and_misspelt_variables_are_noticed():
    with pytest.raises(ValidationError, match="prot"):
        Settings(prot=1)
    environment = {"FORECAST_PROT": "1", "FORECAST_PORT": "1", "FORECAST_HOME": "/", "PATH": "/"}
    assert unknown_variables(environment) == ["FORECAST_PROT"]


def test_printing_masks_the_secret():
    done = run("--print-settings", FORECAST_MODEL="a@champion", FORECAST_ADMIN_TOKEN="hunter2", FORECAST_PROT="1")  # noqa: S106
    assert done.returncode == 0
    shown = json.loads(done.stdout)
    assert shown["models"] == ["a@champion"]
    assert set(shown) == set(Settings.model_fields)
    assert "hunter2" not in done.stdout + done.stderr
    assert "FORECAST_PROT" in done.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"FORECAST_PORT": "x"}, "FORECAST_PORT"),
        ({}, "FORECAST_MODEL"),
        ({"FORECAST_MODEL": "/no/such"}, "model folder"),
    ],
)
def test_wrong_settings_stop_the_start_with_a_sentence(variables, message):
    done = run(**variables)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
