"""Accuracy on nine sets of the Monash archive (Godahewa et al. 2021), by its protocol, beside its published rows.

The last horizon of every series is the test. MASE is scaled by the seasonal difference in the rows before (by that of
one step where they are no longer than a season) and averaged over the series that have a scale. The seasonal naive row
proves the protocol: `SEASONAL_NAIVE` was computed apart from this code. `MONASH_DATA=fred_md`,
`MONASH_MODELS="auto gru"` and `MONASH_TIME_LIMIT=600` (seconds of each training) choose what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import cell, chosen, data, results, show, timed_forecast

MODELS = ("seasonal-naive", "ar", "auto")

#: The published methods whose own geometric mean is shown.
PEERS = ("DeepAR", "N-BEATS", "FFNN")


@dataclass(frozen=True)
class Setting:
    """A set, its horizon and season, and what is published of it.

    Attributes:
        file: name of the data file; the test has its own file where `test` names one.
        horizon: steps ahead.
        season: the season that scales MASE, and that models are told.
        best: MASE of the best of the twelve published methods.
        peers: MASE of `PEERS`.
        naive: MASE of the seasonal naive forecast, from another program; None where that has not been computed.
        test: name of the file of the test.
    """

    file: str
    horizon: int
    season: int
    best: float
    peers: tuple[float, float, float]
    naive: float | None
    test: str | None = None


SETTINGS = {
    "tourism_monthly": Setting("tourism_monthly", 24, 12, 1.409, (1.409, 1.574, 1.582), 1.6309),
    "tourism_yearly": Setting("tourism_yearly", 4, 1, 2.977, (3.205, 2.977, 3.401), 3.5520),
    "m3_monthly": Setting("m3_monthly", 18, 12, 0.861, (1.167, 0.934, 1.011), 1.1462),
    "m3_quarterly": Setting("m3_quarterly", 8, 4, 1.117, (1.310, 1.182, 1.329), 1.4253),
    "electricity_weekly": Setting("electricity_weekly", 8, 52, 0.769, (1.005, 0.800, 0.769), 0.8831),
    "us_births": Setting("us_births_daily", 30, 7, 1.453, (1.548, 1.537, 2.032), 1.6998),
    "fred_md": Setting("fred_md", 12, 12, 0.468, (0.640, 0.604, 0.601), 1.1008),
    "covid_deaths": Setting("covid_deaths_daily", 30, 7, 5.326, (6.895, 5.858, 5.459), 8.9774),
    "m4_weekly": Setting("m4_weekly_train", 13, 52, 0.453, (0.586, 0.453, 0.545), None, "m4_weekly_test"),
}


def split(setting: Setting) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows `unique_id, ds, y` that models see, and those they forecast."""
    frame = pd.read_parquet(data(setting.file), columns=["unique_id", "ds", "y"])
    if setting.test:
        return frame, pd.read_parquet(data(setting.test), columns=["unique_id", "ds", "y"])
    is_test = frame.groupby("unique_id").cumcount(ascending=False) < setting.horizon
    return frame[~is_test], frame[is_test]


def mase(train: pd.DataFrame, test: pd.DataFrame, forecasts: pd.DataFrame, season: int) -> float:
    """Return the mean over the series of their mean absolute scaled error; those without a scale count for nothing."""
    rows = test.merge(forecasts, on=["unique_id", "ds"], validate="one_to_one")
    if len(rows) < len(test):
        raise SystemExit(f"{len(test) - len(rows)} of {len(test)} rows have no forecast.")
    error = (rows["y"] - rows["forecast"]).abs().groupby(rows["unique_id"]).mean()
    history = {name: part.to_numpy() for name, part in train.sort_values(["unique_id", "ds"]).groupby("unique_id")["y"]}
    scale = pd.Series({name: np.abs(np.subtract(y[lag:], y[:-lag])).mean() for name, y in history.items()
                       for lag in [season if len(y) > season else 1]})  # fmt: skip
    return float((error / scale.where(scale > 0)).mean())


def measure(name: str, model: str) -> dict[str, Any]:
    """Train one model on a set and return its MASE, and that relative to what is published."""
    setting = SETTINGS[name]
    train, test = split(setting)
    text = f"{model}:period={setting.season}" if model == "seasonal-naive" else model
    found, forecasts = timed_forecast(train, text, setting.horizon, (setting.season,), "MONASH_TIME_LIMIT")
    error = mase(train, test, forecasts, setting.season)
    return {"data": name, "model": model, "MASE": error, "to best published": error / setting.best, **found}


def main(as_json: bool) -> None:
    """Measure what is not measured yet; print every cell, and geometric means relative to the best published rows."""
    folder, rows = results("monash"), []
    names, models = chosen("MONASH_DATA", tuple(SETTINGS)), chosen("MONASH_MODELS", MODELS)
    for name in names:
        for model in models:
            found = cell(folder, f"{name}-{model}", lambda name=name, model=model: measure(name, model))
            naive = SETTINGS[name].naive
            if model == "seasonal-naive" and naive and abs(found["MASE"] - naive) > 5e-5:
                raise SystemExit(f"{name}: the seasonal naive MASE is {found['MASE']:.4f} and should be {naive:.4f}.")
            shown = ("data", "model", "MASE", "to best published", "seconds")
            rows.append({key: found[key] for key in shown})
    show("Monash archive, mean MASE", rows, as_json)
    ratios = {model: [row["to best published"] for row in rows if row["model"] == model] for model in models}
    for number, peer in enumerate(PEERS):
        ratios[f"{peer} (published)"] = [SETTINGS[name].peers[number] / SETTINGS[name].best for name in names]
    means = [
        {"model": model, "geometric mean to best": float(np.exp(np.mean(np.log(one))))} for model, one in ratios.items()
    ]
    show(f"Over {len(names)} sets", means, as_json)
