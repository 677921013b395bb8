"""What each ingredient of the networks gives: alone, on and off, on data held out before the published tests.

`FORECAST_ABLATION=FILE` keeps every cell as a line of JSON, and a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import show
from benchmarks.validation import SETS, HeldOut, held_out

FILE = Path(os.environ.get("FORECAST_ABLATION", "ablation.jsonl"))
SEEDS = tuple(range(1, 1 + int(os.environ.get("FORECAST_BENCHMARK_SEEDS", "2"))))
STEPS = int(os.environ.get("FORECAST_BENCHMARK_STEPS", "400"))

#: What all cells have in common. Training ends after its steps: no ingredient is helped by a better stop.
COMMON: dict[str, Any] = {"head": "point", "scaling": "last"}
TRAINING: dict[str, Any] = {"steps": STEPS, "validation_windows": 10**6}


@dataclass(frozen=True)
class Ingredient:
    """A change to the default.

    Attributes:
        name: in the table.
        model: `ff-ar` or `gru`, which is compared with the same model without the change; or a model of its own.
        choices: said to the forecaster.
        training: said to the training.
    """

    name: str
    model: str = "ff-ar"
    choices: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


BASES = (Ingredient("ff-ar", "ff-ar"), Ingredient("gru", "gru", {"units": 128}))
INGREDIENTS = (
    Ingredient("ff-ar: scaling=standard", choices={"scaling": "standard"}),
    Ingredient("ff-ar: scaling=asinh", choices={"scaling": "asinh"}),
    Ingredient("ff-ar: residual=linear", choices={"residual": "linear"}),
    Ingredient("ff-ar: residual=smoothing", choices={"residual": "smoothing"}),
    Ingredient("ff-ar: smoothing, asinh", choices={"residual": "smoothing", "scaling": "asinh"}),
    Ingredient("ff-ar: loss_scale=smape", training={"loss_scale": "smape"}),
    Ingredient("ff-ar: averaging=0.98", training={"averaging": 0.98}),
    Ingredient("gru: decoding=position", "gru", {"units": 128, "decoding": "position"}),
    Ingredient("gru: es-rnn", "es-rnn", {"units": 128}),
)


def cell(ingredient: Ingredient, data: HeldOut, seed: int) -> dict[str, Any]:
    """Train one model and return its error and its seconds."""
    from forecasting import Forecaster, Training

    training = Training(**(TRAINING | ingredient.training | {"seed": seed}))
    choices = COMMON | data.choices | ingredient.choices
    forecaster = Forecaster(ingredient.model, data.horizon, training=training, **choices).fit(data.train)
    return {"error": data.score(forecaster), "seconds": forecaster.learned_.seconds}


def cells() -> dict[str, dict[str, Any]]:
    """Return the cells by their keys; those in the file are not run again."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    found = {row["key"]: row for row in map(json.loads, lines)}
    for name in SETS:
        data = None
        for ingredient in (*BASES, *INGREDIENTS):
            for seed in SEEDS:
                key = f"{name} | {ingredient.name} | {STEPS} steps | seed {seed}"
                if key not in found:
                    data = data or held_out(name)
                    found[key] = {"key": key, **cell(ingredient, data, seed)}
                    with FILE.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(found[key]) + "\n")
    return found


def main(as_json: bool) -> None:
    """Print the errors of the defaults, and of each ingredient in percent of the default's: below 100 is a gain."""
    found = cells()

    def mean(name: str, ingredient: str) -> float:
        keys = [f"{name} | {ingredient} | {STEPS} steps | seed {seed}" for seed in SEEDS]
        return statistics.mean(found[key]["error"] for key in keys)

    rows: list[dict[str, object]] = [
        {"ingredient": base.name, **{name: mean(name, base.name) for name in SETS}} for base in BASES
    ]
    for one in INGREDIENTS:
        base = one.name.partition(":")[0]
        gains = {name: f"{100 * mean(name, one.name) / mean(name, base):.1f} %" for name in SETS}
        rows.append({"ingredient": one.name, **gains})
    show(f"Each ingredient against the default, {len(SEEDS)} seeds, {STEPS} steps", rows, as_json)
