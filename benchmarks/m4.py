"""Accuracy on M4 Hourly (the last 48 steps of train held out) and M4 Weekly (the official test), as M4 scores it.

`M4_DATA=Hourly`, `M4_MODELS="auto gru:units=64"` and `M4_TIME_LIMIT=900` (seconds of each training) choose what is
measured.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pandas as pd

from benchmarks.common import SHARED, cell, chosen, data, results, show, timed_forecast

#: Steps ahead, and the season that models are told.
SETTINGS = {"Hourly": (48, (24, 168)), "Weekly": (13, (52,))}

#: References, defaults, and what was best on the 48 hours before those that are held out.
MODELS = (
    "seasonal-naive",
    "ar",
    "ff-ar",
    "gru",
    "ff-ar:residual=smoothing,scaling=asinh,head=point",
    "es-rnn:units=128,scaling=asinh,head=point",
    "auto",
)

#: What M4's seasonal naive repeats: a day of hours, and the last week.
PERIODS = {"Hourly": 24, "Weekly": 1}


def scorer() -> ModuleType:
    """Load the competition's scorer."""
    spec = importlib.util.spec_from_file_location("score_m4", SHARED / "data" / "score_m4.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def split(group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows that models see, and those they forecast."""
    train = pd.read_parquet(data(f"m4_{group.lower()}_train"))
    if group == "Weekly":
        return train, pd.read_parquet(data("m4_weekly_test"))
    is_test = train.groupby("unique_id").cumcount(ascending=False) < SETTINGS[group][0]
    return train[~is_test], train[is_test]


def measure(group: str, model: str) -> dict[str, Any]:
    """Train one model and return sMAPE, MASE and OWA of its forecasts."""
    horizon, season = SETTINGS[group]
    train, test = split(group)
    text = f"{model}:period={PERIODS[group]}" if model == "seasonal-naive" else model
    found, forecasts = timed_forecast(train, text, horizon, season, "M4_TIME_LIMIT")
    score = scorer()
    truth = score.wide(train, "ds", "y"), score.wide(test, "ds", "y", horizon)
    numbers = score.score(score.wide(forecasts, "ds", "forecast", horizon), *truth, group)
    return {"data": group, "model": model, **{name: float(numbers[name]) for name in ("sMAPE", "MASE", "OWA")}, **found}


def main(as_json: bool) -> None:
    """Measure what is not measured yet; print a table of everything."""
    folder = results("m4")
    rows = [
        cell(folder, f"{group}-{model}", lambda group=group, model=model: measure(group, model))
        for group in chosen("M4_DATA", tuple(SETTINGS))
        for model in chosen("M4_MODELS", MODELS)
    ]
    names = ("data", "model", "sMAPE", "MASE", "OWA", "seconds")
    show(
        "M4: Hourly with the last 48 of train held out, Weekly's official test",
        [{n: r[n] for n in names} for r in rows],
        as_json,
    )
