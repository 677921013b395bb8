"""What is heavy is not loaded until it is used, by this package or by Keras, and then works."""

import subprocess
import sys

import pytest

TRAIN = """
import sys
import forecasting
import numpy as np
import pandas as pd
from forecasting import Forecaster, Training
y = np.sin(np.arange(100) / 4)
frame = pd.DataFrame({"unique_id": "a", "ds": pd.date_range("2020", periods=100, freq="h"), "y": y})
Forecaster("gru", 3, units=4, training=Training(steps=2)).fit(frame).predict()
Forecaster("ar", 3).fit(frame).predict()
print(*sorted({"matplotlib", "sklearn"} & set(sys.modules)))
"""

USE = """
from keras.visualization import plot_image_gallery
from keras.wrappers import SKLearnRegressor
print(plot_image_gallery.__name__, "fit" in dir(SKLearnRegressor))
print(*sorted({"matplotlib", "sklearn"} & set(sys.modules)))
"""


def printed(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def test_training_and_forecasting_load_neither_matplotlib_nor_scikit_learn():
    assert printed(TRAIN) == []


def test_the_application_loads_neither_tensorflow_nor_mlflow_before_a_model():
    loaded = "print(*{'tensorflow', 'keras', 'mlflow'} & set(sys.modules))"
    assert printed(f"import sys, serving.app\n{loaded}") == []


def test_what_was_put_off_is_loaded_when_it_is_used():
    assert printed("import forecasting, sys\n" + USE) == ["plot_image_gallery", "True", "matplotlib", "sklearn"]


@pytest.mark.parametrize("statement", ["import forecasting", "import forecasting.config, forecasting.models.zoo.gru"])
def test_importing_loads_neither_tensorflow_nor_mlflow(statement):
    heavy = "('tensorflow', 'keras', 'mlflow', 'flask')"
    assert printed(f"import sys; {statement}; print(*[name for name in {heavy} if name in sys.modules])") == []


def test_the_finders_do_what_python_asks_of_every_finder():
    assert printed("import forecasting, importlib; importlib.invalidate_caches(); print('done')") == ["done"]
