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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.common import PEER_PYTHON, REPEATS, SHARED, chosen, run_json, show
from benchmarks.m4 import SETTINGS, scorer, split

#: OWA that is to be reached, and seconds of one training after which a model is given up.
TARGET, LIMIT = float(os.environ.get("TIME_TARGET", "0.62")), float(os.environ.get("TIME_LIMIT", "240"))

#: Models of both sides. Ours answer 48 steps from the default context, the peer's from a week, as its script is.
OURS = ("gru:units=128,head=point", "gru:units=128,scaling=asinh,head=point", "es-rnn:scaling=asinh,head=point")
PEERS = ("lstm", "gru", "mlp", "nhits")
FIRST_STEPS = {"ours": 100, "peer": int(os.environ.get("TIME_FIRST", "100"))}

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
    """Find the steps that each model needs, time the best of both sides again in turn, and print both."""
    train, test = split("Hourly")
    owa = owa_against(train, test)
    with tempfile.TemporaryDirectory(prefix="time-to-accuracy-") as name:
        folder, file = Path(name), Path(name) / "train.parquet"
        train.to_parquet(file)
        tries = {model: ("ours", ours(model, file, owa, folder)) for model in OURS}
        tries |= {model: ("peer", peers(model, file, owa, folder)) for model in chosen("TIME_PEERS", PEERS)}
        rows: list[dict[str, Any]] = [
            {"model": model, "side": side, **until_reached(attempt, FIRST_STEPS[side])}
            for model, (side, attempt) in tries.items()
        ]
        show(f"M4 Hourly: seconds until OWA {TARGET:g}", rows, as_json)
        best = {side: best_of(rows, side) for side in ("ours", "peer")}
        pairs = [{side: tries[row["model"]][1](row["steps"])[0] for side, row in best.items()} for _ in range(REPEATS)]
    seconds = {side: statistics.median(pair[side] for pair in pairs) for side in best}
    bound = "" if best["peer"]["reached"] == "yes" else ">"
    row = {"ours": best["ours"]["model"], "NeuralForecast": best["peer"]["model"]}
    row |= {"ours s": seconds["ours"], "NeuralForecast s": f"{bound}{seconds['peer']:.1f}"}
    row |= {"times faster": f"{bound}{statistics.median(pair['peer'] / pair['ours'] for pair in pairs):.1f}"}
    show(f"The best of each side, {REPEATS} times in turn", [row], as_json)


def best_of(rows: list[dict[str, Any]], side: str) -> Mapping[str, Any]:
    """Return the quickest model of a side that got there; the most accurate one where none did."""
    mine = [row for row in rows if row["side"] == side]
    quick = [row for row in mine if row["reached"] == "yes"]
    return min(quick, key=lambda row: row["seconds"]) if quick else min(mine, key=lambda row: row["OWA"])
