"""Time-series forecasting with Keras: frames in, forecast frames out.

Names are imported when they are first used: TensorFlow and MLflow come with the first fit or load, and
even pandas not before a forecaster is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from forecasting.former_names import find_former_names
from forecasting.lazy_imports import put_off
from forecasting.quiet import load_tensorflow_quietly

if TYPE_CHECKING:
    from forecasting.choices import Choices
    from forecasting.config.task import Task
    from forecasting.config.training import Training
    from forecasting.data.samples import load_sample
    from forecasting.forecaster import Forecaster
    from forecasting.models.spec import ModelSpec

__all__ = ["Choices", "Forecaster", "ModelSpec", "Task", "Training", "load_sample"]

_HOMES = {
    "Choices": "forecasting.choices",
    "Forecaster": "forecasting.forecaster",
    "ModelSpec": "forecasting.models.spec",
    "Task": "forecasting.config.task",
    "Training": "forecasting.config.training",
    "load_sample": "forecasting.data.samples",
}


put_off()
load_tensorflow_quietly()
find_former_names()


def __getattr__(name: str) -> Any:
    """Import one of the public names from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted({*globals(), *__all__})
