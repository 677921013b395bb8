"""Data sets for choices: what is fitted on, and what is scored, never reaches the rows of the published tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import data
from benchmarks.m4 import scorer

#: ETTh1: rows that train, that validate, and that test, by the protocol of the published tables.
BORDERS = (8640, 11520, 14400)
CHANNELS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")


@dataclass(frozen=True)
class HeldOut:
    """A panel up to the end of the rows that are scored.

    Attributes:
        name: of the data set.
        frame: `unique_id, ds, y`.
        rows: rows at the end of every series that are scored and not fitted on.
        horizon: H.
        apart: rows between two origins.
        choices: what is said to every forecaster: `season`, and `context_length` where the usual one is short.
        measure: what `score` gives.
    """

    name: str
    frame: pd.DataFrame
    rows: int
    horizon: int
    apart: int
    choices: dict[str, Any]
    measure: str

    @property
    def train(self) -> pd.DataFrame:
        """The rows that are fitted on."""
        return self.frame[self.frame.groupby("unique_id").cumcount(ascending=False) >= self.rows]

    def score(self, forecaster: Any) -> float:
        """Return the error of a fitted forecaster on the rows held out; lower is better."""
        from forecasting.data.origins import Origins
        from forecasting.data.panel import Panel

        panel = Panel.from_frame(self.frame)
        first = panel.lengths - self.rows - 1
        steps = np.concatenate([np.arange(one, one + self.rows - self.horizon + 1, self.apart) for one in first])
        series = np.repeat(np.arange(panel.n_series), len(steps) // panel.n_series)
        forecasts = forecaster.predictor.predict_panel(panel, origins=Origins(series, steps)).median
        rows = panel.offsets[series] + steps
        truth = panel.y[rows[:, None] + np.arange(1, self.horizon + 1)]
        if self.measure == "MSE":
            return float(np.mean((forecasts - truth) ** 2))
        parts = [panel.y[begin : begin + one + 1] for begin, one in zip(panel.offsets[:-1], first, strict=True)]
        if self.measure == "OWA":
            ids = [str(one) for one in panel.ids]
            answers, happened, before = (dict(zip(ids, one, strict=True)) for one in (forecasts, truth, parts))
            return float(scorer().score(answers, before, happened, "Hourly")["OWA"])
        season = self.choices["season"][0]
        scale = np.array([seasonal_error(y, season) for y in parts])[series]
        return float(np.mean(np.abs(forecasts - truth).mean(axis=1) / scale))


def seasonal_error(y: np.ndarray, season: int) -> float:
    """Return the mean absolute seasonal difference of a series; that of one step where it is shorter than a season."""
    lag = season if len(y) > season else 1
    return float(np.mean(np.abs(y[lag:] - y[:-lag])))


def without_test(name: str, horizon: int) -> pd.DataFrame:
    """Return a panel without the last horizon, which is its published test."""
    frame = pd.read_parquet(data(name), columns=["unique_id", "ds", "y"])
    return frame[frame.groupby("unique_id").cumcount(ascending=False) >= horizon]


def etth1(end: int, channels: tuple[str, ...] = CHANNELS, trained: int = BORDERS[0]) -> pd.DataFrame:
    """Return ETTh1 up to row `end`, standardised by mean and deviation of the rows that train, up to `trained`."""
    frame = pd.read_parquet(data("etth1"), columns=["unique_id", "ds", "y"])
    wide = frame.pivot(index="ds", columns="unique_id", values="y")[list(channels)]
    train = wide.iloc[:trained]
    wide = ((wide - train.mean()) / train.std(ddof=0)).iloc[:end]
    return wide.melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()


def held_out(name: str) -> HeldOut:
    """Return the data set of a name in `SETS`."""
    source, horizon, season, measure = SETS[name]
    if source == "etth1":
        rows = BORDERS[1] - BORDERS[0]
        choices = {"season": season, "context_length": 336}
        return HeldOut(name, etth1(BORDERS[1]), rows, horizon, 24, choices, measure)
    return HeldOut(name, without_test(source, horizon), horizon, horizon, horizon, {"season": season}, measure)


#: Name -> file, horizon, season, measure.
SETS = {
    "m4-hourly": ("m4_hourly_train", 48, (24, 168), "OWA"),
    "etth1-96": ("etth1", 96, (24,), "MSE"),
    "tourism-monthly": ("tourism_monthly", 24, (12,), "MASE"),
    "electricity-weekly": ("electricity_weekly", 8, (52,), "MASE"),
}
