"""Milliseconds per training step against the same network in PyTorch, on the GPU where there is one (cuDNN)."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.common import PEER_PYTHON, alternate, data, median_ratio, run_json, show
from benchmarks.training_step import SIZES, ours, per_step

#: Our model, the precision of its hidden layers, kind and sizes of the peer's network, and the two step counts.
PAIRS: tuple[tuple[str, str, dict[str, Any], tuple[int, int]], ...] = (
    ("lstm:units=64,layers=2,segment=1", "float32", {"kind": "LSTM", "units": 64, "segment": 1}, (50, 150)),
    ("gru:units=64,layers=2,segment=1", "float32", {"kind": "GRU", "units": 64, "segment": 1}, (50, 150)),
    ("lstm:units=256,layers=2,segment=24", "float32", {"kind": "LSTM", "units": 256, "segment": 24}, (50, 150)),
    ("gru:units=256,layers=2,segment=24", "float32", {"kind": "GRU", "units": 256, "segment": 24}, (50, 150)),
    ("ff-ar:units=256,layers=2", "float32", {"kind": "perceptron", "units": 256, "segment": 1}, (2000, 4000)),
    ("ff-ar:units=2048,layers=2", "float32", {"kind": "perceptron", "units": 2048, "segment": 1}, (50, 150)),
    ("ff-ar:units=2048,layers=2", "mixed_bfloat16", {"kind": "perceptron", "units": 2048, "segment": 1}, (50, 150)),
)


def theirs(choices: dict[str, Any], steps: int) -> float:
    """Return the seconds of the training in PyTorch."""
    options = [text for name, value in choices.items() for text in (f"--{name}", str(value))]
    command = [PEER_PYTHON, "-m", "benchmarks.torch_steps", str(data("m4_hourly_train")), *SIZES, *options]
    return run_json([*command, "--layers", "2", "--steps", str(steps)])["fit_s"]


def main(as_json: bool) -> None:
    """Measure and print."""
    rows = []
    for spec, precision, choices, steps in PAIRS:
        found = alternate(
            {
                "ours": lambda: per_step(tuple(ours(f"{spec},head=point", one, precision) for one in steps), steps),  # noqa: B023
                "torch": lambda: per_step(tuple(theirs(choices, one) for one in steps), steps),  # noqa: B023
            }
        )
        rows.append(
            {
                "model": spec,
                "precision": precision,
                "ms per step": statistics.median(found["ours"]),
                "PyTorch (float32)": statistics.median(found["torch"]),
                "times faster": median_ratio(found["torch"], found["ours"]),
            }
        )
    show("Training step of the same network", rows, as_json)
