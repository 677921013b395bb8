"""Milliseconds per training step against NeuralForecast: same data, context 168, horizon 48, batch 256."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

from benchmarks.common import PEER_PYTHON, SHARED, alternate, data, median_ratio, run_json, show

SIZES = ("--horizon", "48", "--context", "168", "--batch", "256")
#: Our model, the peer's model and sizes, our two step counts, the peer's two, and the ratio aimed at.
PAIRS = (
    ("ff-ar:units=256,layers=2,head=point", ("mlp", "256"), (1000, 3000), (50, 250), 10.0),
    ("lstm:units=64,layers=2,segment=1,head=point", ("lstm", "64"), (50, 150), (20, 70), 1.5),
    ("gru:units=64,layers=2,segment=24,head=point", ("gru", "64"), (100, 600), (20, 70), 8.0),
)


def ours(spec: str, steps: int, precision: str = "float32") -> float:
    """Return the seconds of our training."""
    command = [sys.executable, "-m", "benchmarks.train_steps", str(data("m4_hourly_train")), *SIZES, "--spec", spec]
    return run_json([*command, "--steps", str(steps), "--precision", precision])["fit_s"]


def theirs(model: str, units: str, steps: int) -> float:
    """Return the seconds of the peer's training."""
    script = str(SHARED / "peers" / "neuralforecast_panel.py")
    sizes = [*SIZES, "--model", model, "--units", units, "--layers", "2", "--steps", str(steps)]
    return run_json([PEER_PYTHON, script, str(data("m4_hourly_train")), *sizes])["fit_s"]


def per_step(seconds: Sequence[float], steps: Sequence[int]) -> float:
    """Return milliseconds per step from two trainings of different length: set-up cancels out."""
    return 1000 * (seconds[1] - seconds[0]) / (steps[1] - steps[0])


def main(as_json: bool) -> None:
    """Measure and print."""
    rows = []
    for spec, (model, units), our_steps, peer_steps, aim in PAIRS:
        found = alternate(
            {
                "ours": lambda: per_step((ours(spec, our_steps[0]), ours(spec, our_steps[1])), our_steps),  # noqa: B023
                "peer": lambda: per_step(
                    (theirs(model, units, peer_steps[0]), theirs(model, units, peer_steps[1])),  # noqa: B023
                    peer_steps,  # noqa: B023
                ),
            }
        )
        rows.append(
            {
                "model": spec,
                "ms per step": statistics.median(found["ours"]),
                "NeuralForecast": statistics.median(found["peer"]),
                "times faster": median_ratio(found["peer"], found["ours"]),
                "aim": aim,
            }
        )
    show("Training step", rows, as_json)
