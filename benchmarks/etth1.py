"""ETTh1 by the protocol of the long-horizon tables: every window of stride 1, in units of the training rows.

Rows 0 to 8639 train, the next 2880 say when to stop and which model to take, the next 2880 test; nothing is refitted on
the validation rows. Context may reach back before the border; the mean goes over all windows, steps and channels, and
no window is dropped. The published rows are those of Zeng et al. 2023 (LTSF-Linear) and Lin et al. 2023 (SegRNN).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import cell, chosen, results, show
from benchmarks.validation import BORDERS, CHANNELS, etth1

#: Channels: all seven in and out, or oil temperature alone.
KINDS = {"multivariate": CHANNELS, "univariate": ("OT",)}
HORIZONS = ("96", "192", "336", "720")

#: Seconds that `auto` may take.
AUTO_SECONDS = float(os.environ.get("ETTH1_TIME_LIMIT", "300"))


@dataclass(frozen=True)
class Network:
    """A recurrent network, and how it is trained.

    Attributes:
        model: its text as the command line of the product takes it.
        context: L.
        rate: peak rate.
        batch: windows per step.
        steps: at most.
    """

    model: str
    context: int
    rate: float
    batch: int = 128
    steps: int = 400

    def member(self, weight: float) -> dict[str, Any]:
        """Return it as a member of an ensemble."""
        training = {"learning_rate": self.rate, "batch_size": self.batch, "steps": self.steps}
        return {"spec": self.model, "weight": weight, "context_length": self.context, "training": training}


AROUND = "gru:units=32,residual=linear,dropout=0.5,head=point"
PLACES = "decoding=position,dropout=0.5,head=point"

#: By the name that `etth1-choice` shows.
NETWORKS = {
    "around ridge": Network(f"{AROUND},scaling=last,decoding=position", 336, 5e-4),
    "around shifted ridge": Network(f"{AROUND},scaling=shift,decoding=position", 336, 5e-4),
    "around shifted ridge, at once": Network(f"{AROUND},scaling=shift", 336, 5e-4),
    "segments": Network("gru:units=128,scaling=last,head=point", 720, 2e-3),
    "shifted segments": Network(f"gru:units=128,scaling=shift,{PLACES}", 720, 1e-3, batch=256, steps=600),
    "two weeks": Network(f"gru:units=64,scaling=shift,{PLACES}", 336, 2e-3),
    "eight days": Network(f"gru:units=32,scaling=standard,{PLACES}", 192, 2e-3),
    "four days": Network(f"gru:units=32,scaling=shift,{PLACES}", 96, 2e-3),
}

#: Up to three networks and their weights, by kind and horizon: those that err least on two stretches before the test
#: rows, as `python -m benchmarks etth1-choice` finds them.
CHOSEN: dict[tuple[str, int], dict[str, int]] = {
    ("multivariate", 96): {"around ridge": 2, "segments": 2, "shifted segments": 1},
    ("multivariate", 192): {"around ridge": 1, "around shifted ridge": 1, "segments": 1},
    ("multivariate", 336): {"around shifted ridge": 2, "around shifted ridge, at once": 2, "segments": 1},
    ("multivariate", 720): {"around ridge": 1, "around shifted ridge": 1, "around shifted ridge, at once": 2},
    ("univariate", 96): {"around shifted ridge": 1, "two weeks": 2, "eight days": 1},
    ("univariate", 720): {"eight days": 2, "four days": 1},
}


def fitted(weights: dict[str, int], horizon: int, frame: pd.DataFrame) -> Any:
    """Return networks and their weights as one forecaster; the last rows of a frame, four months, say when to stop."""
    from forecasting import Forecaster, Training

    windows = -(-(BORDERS[1] - BORDERS[0]) // horizon)
    training = Training(validate_every=25, patience=8, refit=False, validation_windows=windows)
    forecaster = Forecaster(
        "ensemble",
        horizon,
        season=24,
        context_length=max(NETWORKS[name].context for name in weights),
        calendar=(),
        training=training,
        members=[NETWORKS[name].member(weight) for name, weight in weights.items()],
    )
    return forecaster.fit(frame)


def recurrent(horizon: int, kind: str) -> Any:
    """Return the recurrent networks of a horizon as one forecaster, fitted before the test rows."""
    return fitted(CHOSEN[kind, horizon], horizon, etth1(BORDERS[1], KINDS[kind]))


def automatic(horizon: int, kind: str) -> Any:
    """Return `auto`: its candidates learn from the training rows; those of validation stop and compare them.

    It forecasts means, since the tables have squared errors, and reads no calendar either.
    """
    from forecasting import Forecaster, Training
    from forecasting.models.spec import ModelSpec

    windows = -(-(BORDERS[1] - BORDERS[0]) // horizon)
    training = Training(refit=False, loss_scale="units", time_limit=AUTO_SECONDS)
    spec = ModelSpec.parse(f"auto:windows={windows},head=point:loss=squared")
    return Forecaster(spec, horizon, season=24, calendar=(), training=training).fit(etth1(BORDERS[1], KINDS[kind]))


def answers(forecaster: Any, frame: pd.DataFrame, begin: int) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts and truth [S, W, H] of all windows of a frame whose first step is row `begin` or later."""
    from forecasting.data.origins import Origins
    from forecasting.data.panel import Panel

    panel, horizon = Panel.from_frame(frame), forecaster.horizon
    steps = np.arange(begin - 1, len(panel.y) // panel.n_series - horizon)
    forecasts, truth = [], []
    for series in range(panel.n_series):
        y = panel.y[panel.offsets[series] : panel.offsets[series + 1]]
        truth.append(np.lib.stride_tricks.sliding_window_view(y[begin:], horizon))
        found = forecaster.predictor.predict_panel(panel, origins=Origins(np.full(len(steps), series), steps))
        forecasts.append(found.median.astype("float32"))
    return np.stack(forecasts), np.stack(truth)


MODELS = {"recurrent": recurrent, "auto": automatic}


def measure(model: str, kind: str, horizon: int) -> dict[str, Any]:
    """Train one model and return its errors on the test rows."""
    started = time.perf_counter()
    forecaster = MODELS[model](horizon, kind)
    seconds = time.perf_counter() - started
    forecasts, truth = answers(forecaster, etth1(BORDERS[2], KINDS[kind]), BORDERS[1])
    return {
        "kind": kind,
        "horizon": horizon,
        "model": model,
        "MSE": float(np.mean((forecasts - truth) ** 2)),
        "MAE": float(np.mean(np.abs(forecasts - truth))),
        "seconds to train": seconds,
        "candidates": forecaster.learned_.candidates,
    }


def main(as_json: bool) -> None:
    """Measure what is not measured yet; print a table of everything."""
    folder, rows = results("etth1"), []
    for model in chosen("ETTH1_MODELS", tuple(MODELS)):
        for horizon in map(int, chosen("ETTH1_HORIZONS", HORIZONS)):
            for kind in KINDS:
                if (kind, horizon) in CHOSEN:
                    name = f"{kind}-{horizon}-{model}"
                    rows.append(cell(folder, name, lambda of=(model, kind, horizon): measure(*of)))
    show("ETTh1", [{key: one for key, one in row.items() if key != "candidates"} for row in rows], as_json)
