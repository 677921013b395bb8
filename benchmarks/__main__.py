"""Run one benchmark, the table of the README, or all: `python -m benchmarks [NAME] [--json]`."""

from __future__ import annotations

import argparse
import importlib

NAMES = (
    "m4", "monash", "etth1-choice", "etth1", "ablation", "coverage", "covariates", "missing", "training-step",
    "same-network", "time-to-accuracy", "latency", "memory",
)  # fmt: skip

parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("name", nargs="*", choices=["headline", *NAMES, []], help="which; all but the headline by default")
parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
given = parser.parse_args()
for name in given.name or NAMES:
    importlib.import_module(f"benchmarks.{name.replace('-', '_')}").main(given.json)
