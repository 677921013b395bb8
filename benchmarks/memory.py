"""Peak memory of training on 10 million observations, and of 23,000 short series beside NeuralForecast.

Sizes come from MEMORY_ROWS and MEMORY_SERIES where a smaller run is wanted.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import PEER_PYTHON, REPEATS, SHARED, show

ROWS = int(os.environ.get("MEMORY_ROWS", "10_000_000"))
SERIES = int(os.environ.get("MEMORY_SERIES", "23_000"))
LONG = 100_000
CONTEXTS = (48, 480)
MODELS = ("ff-ar:units=256,layers=2", "gru:units=128")

#: Rows of the short series, and how both sides train on them: for as many steps as NeuralForecast takes by default.
SHORTEST, LONGEST = 40, 80
SIZES = ("--horizon", "12", "--context", "24", "--steps", "1000", "--batch", "256")

#: What training may take beside the data, in gigabytes.
ALLOWED = 1.5


def main(as_json: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        file = Path(folder) / "long.parquet"
        apart(generate, [LONG] * max(1, ROWS // LONG), file)
        show(f"Training on {ROWS:,} observations, 200 steps", long_rows(file), as_json)
        file = Path(folder) / "short.parquet"
        apart(generate, np.random.default_rng(0).integers(SHORTEST, LONGEST + 1, SERIES).tolist(), file)
        show(f"{SERIES:,} short series, 1,000 steps and a forecast, whole process", short_rows(file), as_json)


def apart(work: Callable[..., None], *arguments: Any) -> None:
    """Call a function in a process of its own: the peak of a process is inherited by those that it starts later."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work.__name__} failed.")


def generate(lengths: Sequence[int], file: Path) -> None:
    """Write series of a season of 24 and noise, so many rows each, with integer steps."""
    rng, step = np.random.default_rng(1), np.concatenate([np.arange(length) for length in lengths])
    ids = pd.Categorical.from_codes(
        np.repeat(np.arange(len(lengths)), lengths), categories=[f"s{number:05}" for number in range(len(lengths))]
    )
    y = 50 + 10 * np.sin(2 * np.pi * step / 24) + rng.normal(0, 1, len(step))
    pd.DataFrame({"unique_id": ids.astype(str), "ds": step, "y": y}).to_parquet(file)


def long_rows(file: Path) -> list[dict[str, object]]:
    """Return a row for each model and context."""
    rows: list[dict[str, object]] = []
    for model in MODELS:
        for context in CONTEXTS:
            sizes = ["--horizon", "24", "--context", str(context), "--steps", "200"]
            ran = run([*OURS, str(file), "--model", model, *sizes])
            data = ran["frame_bytes"] / 1e9
            rows.append(
                {
                    "model": model,
                    "context": context,
                    "frame GB": data,
                    "peak GB": ran["peak_gb"],
                    "beside the frame": ran["peak_gb"] - data,
                    "allowed": ALLOWED,
                    "seconds": ran["seconds"],
                }
            )
    return rows


def short_rows(file: Path) -> list[dict[str, object]]:
    """Return a row for each model that both sides have."""
    peer = [PEER_PYTHON, str(SHARED / "peers" / "neuralforecast_panel.py"), str(file), *SIZES, "--layers", "2"]
    rows: list[dict[str, object]] = []
    for ours, theirs in (("ff-ar:units=256,layers=2,head=point", "mlp"), ("gru:units=64,layers=2,head=point", "gru")):
        units = "256" if theirs == "mlp" else "64"
        sides = {
            "ours": [*OURS, str(file), "--model", ours, *SIZES],
            "peer": [*peer, "--model", theirs, "--units", units],
        }
        found: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
        for _ in range(REPEATS):  # in turn, so that a drift of the machine meets both
            for name, command in sides.items():
                found[name].append(run(command))
        seconds, peak = ({name: median(found[name], field) for name in sides} for field in ("seconds", "peak_gb"))
        rows.append(
            {
                "model": ours,
                "seconds": seconds["ours"],
                "NeuralForecast s": seconds["peer"],
                "times faster": seconds["peer"] / seconds["ours"],
                "peak GB": peak["ours"],
                "NeuralForecast GB": peak["peer"],
                "aim": 5.0,
            }
        )
    return rows


OURS = [sys.executable, "-m", "benchmarks.train_predict"]


def run(command: Sequence[str]) -> dict[str, float]:
    """Run a process; return its JSON line with the wall-clock `seconds` and `peak_gb` of the whole process."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=error, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            error.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{error.read()[-2000:]}")
        out.seek(0)
        facts = json.loads(out.read().strip().splitlines()[-1])
    return facts | {"seconds": seconds, "peak_gb": usage.ru_maxrss * 1024 / 1e9}


def median(runs: Sequence[dict[str, float]], field: str) -> float:
    """Return the median of a field of several runs."""
    return statistics.median(one[field] for one in runs)
