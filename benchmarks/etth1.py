"""ETTh1 by the protocol of the long-horizon tables: every window of stride 1, in units of the training rows.

Rows 0 to 8639 train, the next 2880 say when to stop, the next 2880 test; nothing is refitted on the validation rows.
Context may reach back before the border; the mean goes over all windows, steps and channels, and no window is dropped.
The published rows are those of Zeng et al. 2023 (LTSF-Linear) and Lin et al. 2023 (SegRNN).
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from benchmarks.common import show
from benchmarks.validation import BORDERS, CHANNELS, etth1

#: Horizons, and channels: all seven in and out, or oil temperature alone.
HORIZONS = tuple(int(one) for one in os.environ.get("FORECAST_ETT_HORIZONS", "96,192,336,720").split(","))
KINDS = {"multivariate": CHANNELS, "univariate": ("OT",)}

#: The model, as the command line of the product takes it, and fields of its training: of those tried, what the
#: validation rows chose 96 and 720 steps ahead, for one model at all horizons.
MODEL = os.environ.get("FORECAST_ETT_MODEL", "gru:units=128,scaling=last,head=point,residual=linear")
CONTEXT = int(os.environ.get("FORECAST_ETT_CONTEXT", "336"))
TRAINING = {"steps": 400, "validate_every": 25, "patience": 6, "learning_rate": 2e-3, "refit": False}


def fitted(model: str, horizon: int, channels: tuple[str, ...], context: int) -> tuple[Any, float]:
    """Return a forecaster fitted before the test rows, and the seconds that took."""
    from forecasting import Forecaster, Training
    from forecasting.model_spec import ModelSpec

    training = Training(**TRAINING, validation_windows=-(-(BORDERS[1] - BORDERS[0]) // horizon))
    spec = ModelSpec.parse(model)
    end = BORDERS[1] if spec.config.learner == "gradient" else BORDERS[0]
    forecaster = Forecaster(spec, horizon, season=24, context_length=context, training=training)
    started = time.perf_counter()
    forecaster.fit(etth1(end, channels))
    return forecaster, time.perf_counter() - started


def errors(forecaster: Any, channels: tuple[str, ...], begin: int, end: int) -> tuple[float, float]:
    """Return MSE and MAE of all windows whose first step is `begin` or later, and whose last one is before `end`."""
    from forecasting.data.panel import Panel

    panel, horizon = Panel.from_frame(etth1(end, channels)), forecaster.horizon
    steps = np.arange(begin - 1, end - horizon)
    squared = absolute = 0.0
    for series in range(panel.n_series):
        y = panel.y[panel.offsets[series] : panel.offsets[series + 1]]
        truth = np.lib.stride_tricks.sliding_window_view(y[begin:], horizon)
        forecasts = forecaster.predictor.predict_panel(panel, origins=(np.full(len(steps), series), steps)).median
        squared += float(np.mean((forecasts - truth) ** 2)) / panel.n_series
        absolute += float(np.mean(np.abs(forecasts - truth))) / panel.n_series
    return squared, absolute


def main(as_json: bool) -> None:
    """Train one model per horizon and kind, and print its errors."""
    rows = []
    for kind, channels in KINDS.items():
        for horizon in HORIZONS:
            forecaster, seconds = fitted(MODEL, horizon, channels, CONTEXT)
            squared, absolute = errors(forecaster, channels, BORDERS[1], BORDERS[2])
            steps = forecaster.learned_.steps
            rows.append({"kind": kind, "horizon": horizon, "MSE": squared, "MAE": absolute, "steps": steps})
            rows[-1]["seconds to train"] = seconds
            print(rows[-1], flush=True)
    show(f"ETTh1, {MODEL}, context {CONTEXT}", rows, as_json)
