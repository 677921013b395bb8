"""What all benchmarks share: where data and peer are, alternating runs, tables."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("FORECAST_SHARED", Path(__file__).parents[2] / "shared"))
PEER_PYTHON = os.environ.get("PEER_PYTHON", "peer/bin/python")
REPEATS = 3


def data(name: str) -> Path:
    """Return the path of a data set, or stop with a message."""
    path = SHARED / "data" / f"{name}.parquet"
    if not path.exists():
        sys.exit(f"{path} does not exist. Set FORECAST_SHARED to the folder that holds data/ and peers/.")
    return path


def run_json(command: Sequence[str]) -> dict[str, float]:
    """Run a command and return the JSON object on its last line."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **quiet}, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def results(benchmark: str) -> Path:
    """Return the folder of a benchmark's results, made where it is not there; `<BENCHMARK>_OUT` names another one."""
    from forecasting.store.home import home

    folder = Path(os.environ.get(f"{benchmark.upper()}_OUT") or home() / "benchmarks" / benchmark)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def chosen(variable: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names that an environment variable lists, spaces between them, all by default: models hold commas."""
    return tuple(os.environ.get(variable, "").split()) or tuple(known)


def cell(folder: Path, name: str, measure: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return one cell of a table; measured where it has not been, so that a benchmark can be stopped and taken up."""
    file = folder / f"{name.translate(str.maketrans(':=/', '---'))}.json"
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_text(json.dumps(measure(), indent=1), encoding="utf-8")
        part.replace(file)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def timed_forecast(
    train: Any, model: str, horizon: int, season: tuple[int, ...], limit: str
) -> tuple[dict[str, Any], Any]:
    """Train a model and forecast what comes after its rows.

    Args:
        train: the frame `unique_id, ds, y`.
        model: a model's text, such as `gru:units=64`.
        horizon: steps ahead.
        season: in steps.
        limit: environment variable that holds the seconds that the training may take.

    Returns:
        The seconds and what else is worth keeping of the training, and the frame `unique_id, ds, forecast`.
    """
    from forecasting import Forecaster, ModelSpec

    started = time.perf_counter()
    seconds = os.environ.get(limit)
    forecaster = Forecaster(
        ModelSpec.parse(model), horizon, season=season, time_limit=float(seconds) if seconds else None
    )
    found = forecaster.fit(train).predict()
    facts = {
        "seconds": time.perf_counter() - started,
        "time_limit": seconds,
        "candidates": forecaster.learned_.candidates,
    }
    return facts, found.rename(columns={model: "forecast"})[["unique_id", "ds", "forecast"]]


def alternate(sides: Mapping[str, Callable[[], float]], repeats: int = REPEATS) -> dict[str, list[float]]:
    """Measure every side in turn, `repeats` times, so that a drift of the machine meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, measure in sides.items():
            found[name].append(measure())
    return found


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median of the ratios of runs that lay beside each other."""
    return statistics.median(one / other for one, other in zip(slow, fast, strict=True))


def show(title: str, rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        print(json.dumps({"benchmark": title, "rows": list(rows)}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    Console().print(table)
