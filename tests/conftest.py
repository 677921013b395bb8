"""Fixtures that all tests share: a private home folder, generated data, a small trained model."""

import gc
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from forecasting.models.spec import ModelSpec
from tests.fast import fast_as_promised, pytest_collection_finish, pytest_fixture_setup

__all__ = ["fast_as_promised", "pytest_collection_finish", "pytest_fixture_setup"]

# The same examples in every run, however slow the machine: a failure is the code's, never the day's.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# Where time is no matter: other examples every time, and many.
settings.register_profile("soak", parent=settings.get_profile("repeatable"), derandomize=False, max_examples=3000)
settings.load_profile("repeatable")


def pytest_addoption(parser):
    """Add `--soak`."""
    parser.addoption("--soak", action="store_true", help="run the tests marked soak at their long settings")


def pytest_configure(config):
    """Let hypothesis look long where it may, and Python look for garbage seldom.

    A graph is made of very many objects that live on, through which the collector goes again and again in vain.
    """
    gc.set_threshold(100_000, 20, 50)
    if config.getoption("--soak"):
        settings.load_profile("soak")


def pytest_collection_modifyitems(items):
    """Put the tests of one model side by side, so that one process runs them and fits it once."""
    begun = {}
    for number, item in enumerate(items):
        begun.setdefault(model_of(item), number)
    items.sort(key=lambda item: begun[model_of(item)])


def model_of(item):
    """Return the file of a test with the model that it is given; where it is given none, the test itself."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    spec = next((value for value in values if isinstance(value, ModelSpec)), None)
    return (item.path, spec) if spec else item.nodeid


@pytest.fixture(scope="session")
def soaking(pytestconfig):
    """Whether time is no matter."""
    return pytestconfig.getoption("--soak")


#: A whole training in small: steps, looks at the validation windows, and a refit. Of so few steps nearly all the time
#: is tracing, and that of the loop around several steps would take longer than they do.
QUICK = {"steps": 20, "validate_every": 10, "batch_size": 16, "steps_per_execution": 1}
#: Enough to move the weights, for whatever holds of any fitted model: nothing is validated, which halves the tracing.
BRIEF = {**QUICK, "steps": 10, "validation_windows": 0}


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


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory):
    """The working directory of every test."""
    return tmp_path_factory.mktemp("cwd")


@pytest.fixture(autouse=True)
def empty_working_directory(mlflow_setting_untouched, empty_folder, monkeypatch):
    """Run every test in an empty folder, and fail when something is left there by surprise."""
    monkeypatch.chdir(empty_folder)
    yield
    left = sorted(empty_folder.iterdir())
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not left, f"files appeared in the working directory: {left}"


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
