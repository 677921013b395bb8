"""Time-series forecasting with Keras: frames in, forecast frames out.

Importing the package loads neither TensorFlow nor MLflow; they come with the first fit or load.
"""

from forecasting.config import Task, Training
from forecasting.data.samples import load_sample
from forecasting.forecaster import Forecaster
from forecasting.model_spec import ModelSpec

__all__ = ["Forecaster", "ModelSpec", "Task", "Training", "load_sample"]
