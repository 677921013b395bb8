"""Accuracy of single models on M4 Hourly, the last 48 steps held out, scored as the M4 competition does."""

from __future__ import annotations

import importlib.util
import time
from types import ModuleType

import pandas as pd

from benchmarks.common import SHARED, data, show

HORIZON = 48

#: As the command line takes them: references, defaults, and what was best on the 48 steps before those held out.
MODELS = (
    "seasonal-naive:period=24",
    "ar",
    "ff-ar",
    "gru",
    "ff-ar:residual=smoothing,scaling=asinh,head=point",
    "es-rnn:units=128,scaling=asinh,head=point",
)


def scorer() -> ModuleType:
    """Load the competition's scorer."""
    spec = importlib.util.spec_from_file_location("score_m4", SHARED / "data" / "score_m4.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(as_json: bool) -> None:
    """Train on everything but the last 48 steps, forecast them and print sMAPE, MASE and OWA."""
    from forecasting import Forecaster
    from forecasting.model_spec import ModelSpec

    frame = pd.read_parquet(data("m4_hourly_train"))
    is_test = frame.groupby("unique_id").cumcount(ascending=False) < HORIZON
    train, test = frame[~is_test], frame[is_test]
    score = scorer()
    truth = score.wide(train, "ds", "y"), score.wide(test, "ds", "y", HORIZON)
    rows = []
    for model in MODELS:
        started = time.perf_counter()
        forecaster = Forecaster(ModelSpec.parse(model), horizon=HORIZON).fit(train)
        seconds = time.perf_counter() - started
        found = forecaster.predict()
        forecasts = score.wide(found, "ds", model, HORIZON)
        result = score.score(forecasts, *truth, "Hourly")
        numbers = {name: float(result[name]) for name in ("sMAPE", "MASE", "OWA")}
        rows.append({"model": model, **numbers, "seconds to train": seconds})
    show("M4 Hourly, last 48 of train held out", rows, as_json)
