"""Seconds of training and forecasting until M4 Hourly is forecast well, against NeuralForecast, in the same run.

Each side doubles its steps until the OWA of its forecasts of the last 48 hours is at most `TARGET`. What counts is the
time of the first training that reached it, from the frame in memory to the forecasts: imports are left out on both
sides, tracing and compiling are not. `TIME_TARGET`, `TIME_PEERS="gru nhits"`, `TIME_FIRST` (steps of the peer's
first training) and `TIME_LIMIT` (seconds of a training above which it is not doubled again) change the run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.common import PEER_PYTHON, REPEATS, SHARED, alternate, chosen, median_ratio, run_json, show
from benchmarks.m4 import SETTINGS, scorer, split

#: OWA that is to be reached, and seconds of one training after which a model is given up.
TARGET, LIMIT = float(os.environ.get("TIME_TARGET", "0.62")), float(os.environ.get("TIME_LIMIT", "240"))

#: Models of both sides. Ours answer 48 steps from the default context, the peer's from a week, as its script is. The
#: sizes of ours were chosen on the rows before the 48 hours.
OURS = (
    "gru:units=128,head=point",
    "es-rnn:units=64,scaling=asinh,head=point",
    "gru:units=64,residual=smoothing,scaling=asinh,head=point",
    "gru:units=64,residual=linear,scaling=asinh,head=point",
)
PEERS = ("lstm", "gru", "mlp", "nhits")
FIRST_STEPS = {"ours": 50, "peer": int(os.environ.get("TIME_FIRST", "100"))}

#: Seconds of training and forecasting, and the OWA of the forecasts, after so many steps.
Try = Callable[[int], tuple[float, float]]


def ours(model: str, train: Path, owa: Callable[[Path], float], folder: Path) -> Try:
    """Return what trains one of our models."""

    def attempt(steps: int) -> tuple[float, float]:
        out = folder / "ours.parquet"
        sizes = ["--horizon", "48", "--season", "24", "168", "--steps", str(steps), "--batch", "128"]
        command = [sys.executable, "-m", "benchmarks.train_predict", str(train), "--model", model, *sizes]
        found = run_json([*command, "--out", str(out)])
        return found["fit_s"] + found["predict_s"], owa(out)

    return attempt


def peers(model: str, train: Path, owa: Callable[[Path], float], folder: Path) -> Try:
    """Return what trains one of NeuralForecast's models."""

    def attempt(steps: int) -> tuple[float, float]:
        out = folder / "peer.parquet"
        sizes = ["--horizon", "48", "--context", "168", "--steps", str(steps), "--model", model, "--out", str(out)]
        found = run_json([PEER_PYTHON, str(SHARED / "peers" / "neuralforecast_panel.py"), str(train), *sizes])
        return found["fit_s"] + found["predict_s"], owa(out)

    return attempt


def until_reached(attempt: Try, steps: int) -> dict[str, Any]:
    """Return steps, seconds and OWA of the first training that is good enough, or of the last one that was tried."""
    while True:
        seconds, owa = attempt(steps)
        found = {"steps": steps, "seconds": seconds, "OWA": owa, "reached": "yes" if owa <= TARGET else "no"}
        print(found, flush=True)
        if owa <= TARGET or seconds > LIMIT:
            return found
        steps *= 2


def owa_against(train: pd.DataFrame, test: pd.DataFrame) -> Callable[[Path], float]:
    """Return what scores a file of forecasts."""
    score, horizon = scorer(), SETTINGS["Hourly"][0]
    truth = score.wide(train, "ds", "y"), score.wide(test, "ds", "y", horizon)

    def owa(file: Path) -> float:
        return float(score.score(score.wide(pd.read_parquet(file), "ds", "forecast", horizon), *truth, "Hourly")["OWA"])

    return owa


def main(as_json: bool) -> None:
    """Find the steps of each model, time those of ours that got there beside the peer's best, and print both."""
    train, test = split("Hourly")
    owa = owa_against(train, test)
    with tempfile.TemporaryDirectory(prefix="time-to-accuracy-") as name:
        folder, file = Path(name), Path(name) / "train.parquet"
        train.to_parquet(file)
        tries = {model: ours(model, file, owa, folder) for model in OURS}
        others = {model: peers(model, file, owa, folder) for model in chosen("TIME_PEERS", PEERS)}
        found = {model: until_reached(attempt, FIRST_STEPS["ours"]) for model, attempt in tries.items()}
        theirs = {model: until_reached(attempt, FIRST_STEPS["peer"]) for model, attempt in others.items()}
        rows = [{"model": model, **row} for model, row in {**found, **theirs}.items()]
        show(f"M4 Hourly: seconds until OWA {TARGET:g}", rows, as_json)
        best = best_of(theirs)
        timed = {"peer": (others[best], theirs[best]["steps"])}
        timed |= {model: (tries[model], row["steps"]) for model, row in found.items() if row["reached"] == "yes"}
        seconds = alternate({model: lambda one=one: one[0](one[1])[0] for model, one in timed.items()})
    title = f"The same, {REPEATS} times in turn with NeuralForecast {best}"
    show(title, compared(seconds, has_reached=theirs[best]["reached"] == "yes"), as_json)


def best_of(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the quickest of the models that got there; the most accurate one where none did."""
    quick = {model: row["seconds"] for model, row in found.items() if row["reached"] == "yes"}
    ranked = quick or {model: row["OWA"] for model, row in found.items()}
    return min(ranked, key=lambda model: ranked[model])


def compared(seconds: Mapping[str, Sequence[float]], has_reached: bool) -> list[dict[str, Any]]:
    """Return a row for each of our models: its seconds, and the peer's; more, where the peer did not get there."""
    bound, theirs = "" if has_reached else ">", seconds["peer"]
    return [
        {
            "model": model,
            "seconds": statistics.median(mine),
            "NeuralForecast s": f"{bound}{statistics.median(theirs):.1f}",
            "times faster": f"{bound}{median_ratio(theirs, mine):.1f}",
        }
        for model, mine in seconds.items()
        if model != "peer"
    ]
