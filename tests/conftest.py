"""Fixtures that all tests share: a private home folder, generated data, a small trained model."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# The same examples in every run, however slow the machine: a failure is the code's, never the day's.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

#: Enough to move the weights, few enough to cost nothing.
QUICK = {"steps": 20, "validate_every": 10, "batch_size": 16, "steps_per_execution": 10}


@pytest.fixture(scope="session", autouse=True)
def private_home(tmp_path_factory):
    """Keep every run-time file of the tests in a folder of their own.

    It is not put back: threads that are still at work when the last test ends must not find the user's own folder.
    """
    os.environ["FORECAST_HOME"] = str(tmp_path_factory.mktemp("home"))
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(autouse=True)
def mlflow_setting_untouched():
    """Fail where a test leaves MLflow's process-wide setting changed: every later one would use another store."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    assert os.environ.get("MLFLOW_TRACKING_URI") == before, "MLFLOW_TRACKING_URI was changed and not put back"


@pytest.fixture(autouse=True)
def empty_working_directory(mlflow_setting_untouched, tmp_path_factory, monkeypatch):
    """Run every test in an empty folder, and fail when something is left there by surprise."""
    folder = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(folder)
    yield
    assert not list(folder.iterdir()), f"files appeared in the working directory: {list(folder.iterdir())}"


def make_frame(series=2, rows=200, freq="h", seed=0, season=24, missing=0.0):
    """Return a long frame of seasonal series with noise, the later ones shorter."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(series):
        count = rows - 7 * number
        step = np.arange(count)
        y = 50 + 10 * number + 10 * np.sin(2 * np.pi * step / season) + rng.normal(0, 1, count)
        y[rng.random(count) < missing] = np.nan
        ds = step if isinstance(freq, int) else pd.date_range("2024-01-01", periods=count, freq=freq)
        parts.append(pd.DataFrame({"unique_id": f"s{number}", "ds": ds, "y": y}))
    return pd.concat(parts, ignore_index=True)


def symbol_frame(series=2, rows=150, seed=0):
    """Return a long frame of symbols a, b, c, mostly those that follow the one three steps before."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(series):
        count = rows - 7 * number
        codes = list(rng.integers(0, 3, 3))
        while len(codes) < count:
            codes.append((codes[-3] + 1) % 3 if rng.random() < 0.9 else int(rng.integers(0, 3)))
        ds = pd.date_range("2024-01-01", periods=count, freq="h")
        parts.append(pd.DataFrame({"unique_id": f"s{number}", "ds": ds, "y": np.array(list("abc"), object)[codes]}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def hourly():
    """Two seasonal hourly series of different length, with some values missing."""
    return make_frame(missing=0.03)


@pytest.fixture(scope="session")
def trained(hourly):
    """A small GRU forecaster with quantiles, fitted on `hourly`."""
    from forecasting import Forecaster, Training

    training = Training(**QUICK)
    return Forecaster("gru", horizon=12, context_length=48, units=16, width=8, training=training).fit(hourly)
