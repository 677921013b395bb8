"""How often intervals hold over rolling origins: the model's own, calibrated once, and calibrated at every origin."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import cell, chosen, data, results, show

#: Scored quantiles: the bounds of the two intervals, and the deciles.
LEVELS = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)
INTERVALS = (80.0, 95.0)

#: Share of the rows before the first origin that calibrates; one rule for all data sets.
HELD_OUT = 0.1

#: Horizons that calibrate at least: one has a single origin in each series, and the luck of a single date.
LEAST_HORIZONS = 2

#: The first one is what the others' scaled CRPS is divided by.
MODELS = ("seasonal-naive", "gru", "lstm:head=student-t")


@dataclass(frozen=True)
class Setting:
    """What is evaluated of a data set: `windows` origins of each series, `step` rows apart."""

    horizon: int
    windows: int
    step: int


#: Frequencies from half an hour to a year; at least 500 pairs of series and origin each. Steps are prime to the season.
SETTINGS = {
    "vic_elec_halfhourly": Setting(48, 600, 11),
    "bike_sharing_hourly": Setting(24, 600, 7),
    "us_births_daily": Setting(30, 600, 3),
    "wiki_daily": Setting(28, 30, 11),
    "electricity_weekly": Setting(8, 2, 8),
    "m3_monthly": Setting(18, 2, 9),
    "m3_quarterly": Setting(8, 2, 4),
    "australia_tourism_quarterly": Setting(8, 5, 3),
    "tourism_yearly": Setting(4, 3, 1),
}


def calibration_windows(lengths: np.ndarray, horizon: int) -> int:
    """Return the horizons that make up the calibrating share of the median series."""
    return max(LEAST_HORIZONS, round(HELD_OUT * float(np.median(lengths)) / horizon))


def measure(name: str, model: str) -> dict[str, Any]:
    """Train and calibrate one model on the rows before the first origin; score it before and after calibration."""
    from forecasting import Forecaster, Training
    from forecasting.data.panel import Panel
    from forecasting.data.splits import calibration_ends
    from forecasting.evaluation.backtest import backtest_by_window, backtest_fitted, rolling
    from forecasting.models.spec import ModelSpec
    from forecasting.training.recalibration import MovingCalibration

    setting = SETTINGS[name]
    panel = Panel.from_frame(pd.read_parquet(data(name), columns=["unique_id", "ds", "y"]))
    origins = rolling(panel, setting.horizon, setting.windows, setting.step)
    before = panel.known_at(origins)
    windows = calibration_windows(before.lengths, setting.horizon)
    started = time.perf_counter()
    training = Training(calibration_windows=windows)
    forecaster = Forecaster(ModelSpec.parse(model), setting.horizon, training=training).fit_panel(before)
    row = {
        "data": name,
        "model": model,
        "pairs": len(origins),
        "calibration windows": forecaster.facts.calibration_windows,
        "seconds": time.perf_counter() - started,
    }
    bare = forecaster.predictor.calibrated(None)
    seen = calibration_ends(origins.ends(panel.n_series), setting.horizon, windows)
    moving = MovingCalibration.of(bare, panel, seen, windows)
    found = {
        "own": backtest_fitted(bare, panel, origins, LEVELS) if bare.quantile_range else None,
        "once": backtest_fitted(forecaster.predictor, panel, origins, LEVELS),
        "moving": backtest_by_window(
            lambda at: moving.predictor_at(origins.ends(panel.n_series, at)), panel, origins, LEVELS
        ),
    }
    for side, backtest in found.items():
        row |= {f"{metric} {side}": value for metric, value in score(backtest).items()} if backtest else {}
    return row


def score(backtest: Any) -> dict[str, float]:
    """Return coverage in percent, width in units of MASE, and scaled CRPS."""
    from forecasting.evaluation.metrics import coverage, scaled_crps
    from forecasting.evaluation.probabilistic import width_by_step

    scored = backtest.scored
    found = {}
    for level in INTERVALS:
        found[f"{level:g} %"] = 100 * coverage(scored, level)
        found[f"width {level:g}"] = float(np.mean(width_by_step(scored, level)))
    return {**found, "scaled_crps": scaled_crps(scored)}


def main(as_json: bool) -> None:
    """Measure what is not measured yet; print a table of everything."""
    folder, rows = results("coverage"), []
    for name in chosen("COVERAGE_DATA", tuple(SETTINGS)):
        naive_crps = None
        for model in chosen("COVERAGE_MODELS", MODELS):
            found = cell(folder, f"{name}-{model}", lambda name=name, model=model: measure(name, model))
            naive_crps = found["scaled_crps moving"] if model == MODELS[0] else naive_crps
            found["CRPS / naive's"] = found["scaled_crps moving"] / naive_crps if naive_crps else None
            rows.append(found)
    show("Coverage over rolling origins", [tidy(row) for row in rows], as_json)


def tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the table in their order, a dash where a model has no intervals of its own."""
    shown: dict[str, Any] = {name: row[name] for name in ("data", "model", "pairs", "calibration windows")}
    for metric in ("80 %", "95 %", "width 80", "scaled_crps"):
        for side in ("own", "once", "moving"):
            shown[f"{metric} {side}"] = row.get(f"{metric} {side}", "-")
    return {**shown, "CRPS / naive's": row["CRPS / naive's"] or "-", "seconds": row["seconds"]}
