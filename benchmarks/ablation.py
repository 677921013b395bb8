"""What each ingredient of the networks gives: alone, on and off, on data held out before the published tests.

Every cell is kept in the folder that `ABLATION_OUT` names, and a run that was cut off goes on where it stopped.
`ABLATION_DATA="m4-hourly etth1-96"` chooses data sets, `ABLATION_SEEDS` how many seeds.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field
from typing import Any

from benchmarks.common import cell, chosen, results, show
from benchmarks.validation import SETS, HeldOut, held_out

SEEDS = tuple(range(1, 1 + int(os.environ.get("ABLATION_SEEDS", "2"))))
STEPS = int(os.environ.get("FORECAST_BENCHMARK_STEPS", "600"))

#: What all cells have in common. Training ends after its steps: no ingredient is helped by a better stop.
COMMON: dict[str, Any] = {"head": "point", "scaling": "last"}
TRAINING: dict[str, Any] = {"steps": STEPS, "validation_windows": 0}


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


#: Models that differ in chance alone.
SEEDED = [{"spec": "ff-ar:head=point,scaling=last", "training": {"seed": 100 + number}} for number in range(3)]

BASES = (Ingredient("ff-ar", "ff-ar"), Ingredient("gru", "gru", {"units": 128}))
INGREDIENTS = (
    Ingredient("ff-ar: scaling=standard", choices={"scaling": "standard"}),
    Ingredient("ff-ar: scaling=asinh", choices={"scaling": "asinh"}),
    Ingredient("ff-ar: scaling=shift", choices={"scaling": "shift"}),
    Ingredient("ff-ar: no calendar", choices={"calendar": ()}),
    Ingredient("ff-ar: residual=linear", choices={"residual": "linear"}),
    Ingredient("ff-ar: residual=smoothing", choices={"residual": "smoothing"}),
    Ingredient("ff-ar: smoothing, asinh", choices={"residual": "smoothing", "scaling": "asinh"}),
    Ingredient("ff-ar: loss_scale=smape", training={"loss_scale": "smape"}),
    Ingredient("ff-ar: loss_scale=mase", training={"loss_scale": "mase"}),
    Ingredient("ff-ar: loss_scale=units", training={"loss_scale": "units"}),
    Ingredient("ff-ar: averaging=0.98", training={"averaging": 0.98}),
    Ingredient("ff-ar: three seeds averaged", "ensemble", {"members": SEEDED}),
    Ingredient("gru: scaling=none", "gru", {"units": 128, "scaling": "none"}),
    Ingredient("gru: scaling=shift", "gru", {"units": 128, "scaling": "shift"}),
    Ingredient("gru: no calendar", "gru", {"units": 128, "calendar": ()}),
    Ingredient("gru: segment=1", "gru", {"units": 128, "segment": 1}),
    Ingredient("gru: decoding=position", "gru", {"units": 128, "decoding": "position"}),
    Ingredient("gru: decoding=recursive", "gru", {"units": 128, "decoding": "recursive"}),
    Ingredient("gru: es-rnn", "es-rnn", {"units": 128}),
)


def measure(ingredient: Ingredient, data: HeldOut, seed: int) -> dict[str, float]:
    """Train one model and return its error and its seconds."""
    from forecasting import Forecaster, Training

    training = Training(**(TRAINING | ingredient.training | {"seed": seed}))
    common = {} if ingredient.model == "ensemble" else COMMON
    choices = common | data.choices | ingredient.choices
    forecaster = Forecaster(ingredient.model, data.horizon, training=training, **choices).fit(data.train)
    return {"error": data.score(forecaster), "seconds": forecaster.learned_.seconds}


def mean_error(name: str, ingredient: Ingredient) -> float:
    """Return the mean error over the seeds on a data set, of cells that are measured where they have not been."""
    folder = results("ablation")
    parts = [
        cell(
            folder,
            f"{name}, {ingredient.name}, {STEPS} steps, seed {seed}",
            lambda seed=seed: measure(ingredient, held_out(name), seed),
        )
        for seed in SEEDS
    ]
    return statistics.mean(part["error"] for part in parts)


def main(as_json: bool) -> None:
    """Print the errors of the defaults, and of each ingredient in percent of the default's: below 100 is a gain."""
    sets = chosen("ABLATION_DATA", tuple(SETS))
    bases = {base.name: {name: mean_error(name, base) for name in sets} for base in BASES}
    rows: list[dict[str, object]] = [{"ingredient": name, **errors} for name, errors in bases.items()]
    for one in INGREDIENTS:
        base = bases[one.name.partition(":")[0]]
        rows.append(
            {"ingredient": one.name, **{name: f"{100 * mean_error(name, one) / base[name]:.1f} %" for name in sets}}
        )
    show(f"Each ingredient against the default, {len(SEEDS)} seeds, {STEPS} steps", rows, as_json)
