"""Milliseconds per training step against the same network in PyTorch, on the GPU where there is one (cuDNN)."""

from __future__ import annotations

import statistics

from benchmarks.common import PEER_PYTHON, alternate, data, median_ratio, run_json, show
from benchmarks.training_step import SIZES, ours, per_step

#: Our model, by whose name and sizes the peer's goes too, the precision of our hidden layers, and the two step counts.
PAIRS = (
    ("lstm:units=64,layers=2,segment=1", "float32", (50, 150)),
    ("gru:units=64,layers=2,segment=1", "float32", (50, 150)),
    ("lstm:units=256,layers=2,segment=24", "float32", (50, 150)),
    ("gru:units=256,layers=2,segment=24", "float32", (50, 150)),
    ("ff-ar:units=256,layers=2", "float32", (2000, 4000)),
    ("ff-ar:units=2048,layers=2", "float32", (50, 150)),
    ("ff-ar:units=2048,layers=2", "mixed_bfloat16", (50, 150)),
)


def theirs(spec: str, steps: int) -> float:
    """Return the seconds of the training in PyTorch."""
    model, _, choices = spec.partition(":")
    command = [PEER_PYTHON, "-m", "benchmarks.torch_steps", str(data("m4_hourly_train")), *SIZES, "--model", model]
    return run_json([*command, *(f"--{choice}" for choice in choices.split(",")), "--steps", str(steps)])["fit_s"]


def main(as_json: bool) -> None:
    """Measure and print."""
    rows = []
    for spec, precision, steps in PAIRS:
        found = alternate(
            {
                "ours": lambda: per_step(tuple(ours(f"{spec},head=point", one, precision) for one in steps), steps),  # noqa: B023
                "torch": lambda: per_step(tuple(theirs(spec, one) for one in steps), steps),  # noqa: B023
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
