"""Code that was written against former names still runs: that of models which MLflow has logged, and people's own."""

import importlib
import shutil
import subprocess
import sys

import mlflow
import numpy as np
import pytest

from forecasting import Forecaster
from forecasting.former_names import FORMER
from tests.conftest import make_frame
from tests.places import KEPT_MODELS

# MLflow warns about its own type hints while it is imported.


@pytest.fixture
def logged(tmp_path):
    """A model that MLflow has logged, with the code of that time: its folder is that of the first schema."""
    folder = shutil.copytree(KEPT_MODELS / "logged-1", tmp_path / "logged")
    shutil.copytree(KEPT_MODELS / "schema-1", folder / "artifacts" / "bundle")
    return folder


@pytest.mark.parametrize("params", [{}, {"horizon": 9, "level": [80.0]}, {"quantile_levels": [0.1, 0.5]}])
def test_a_model_that_was_logged_before_the_rooms_answers_as_ever(logged, params):
    frame = make_frame(series=2, rows=60)
    found = mlflow.pyfunc.load_model(str(logged)).predict(frame, params=params)
    loaded = Forecaster.load(KEPT_MODELS / "schema-1")
    if params.get("horizon", 0) > loaded.horizon:
        with pytest.warns(UserWarning, match="longer than the trained"):
            expected = loaded.predict(frame, **params)
    else:
        expected = loaded.predict(frame, **params)
    assert list(found.columns) == list(expected.columns)
    np.testing.assert_allclose(found.iloc[:, 3:], expected.iloc[:, 3:], rtol=1e-6)


@pytest.mark.parametrize("name", FORMER)
def test_a_former_name_is_the_module_that_has_the_content_now(name):
    module = importlib.import_module(f"forecasting.{name}")
    assert module.__name__ == f"forecasting.{FORMER[name]}"
    assert module.__spec__.name == module.__name__
    assert module is sys.modules[module.__name__]


def test_former_names_cost_nothing_until_they_are_used():
    code = (
        "import sys, forecasting; from forecasting import registry; print('tensorflow' in sys.modules, registry.BUNDLE)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False bundle\n"
    with pytest.raises(ModuleNotFoundError, match="no_such"):
        importlib.import_module("forecasting.no_such")
