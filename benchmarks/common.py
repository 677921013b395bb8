"""What all benchmarks share: where data and peer are, alternating runs, tables."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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
