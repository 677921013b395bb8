"""Which networks `etth1` averages: their errors on two stretches of four months before its test rows.

Each network learns on the rows before a stretch, which says when it stops; the test rows are never read. All mixtures
of up to three networks are compared by the mean of their errors relative to the first network of the list, so both
stretches count alike. Forecasts are kept in the folder that `ETTH1_CHOICE_OUT` names.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import chosen, results, show
from benchmarks.etth1 import CHOSEN, HORIZONS, KINDS, answers, fitted
from benchmarks.validation import BORDERS, etth1

#: Rows that train, and the end of those that are scored.
STRETCHES = ((5760, 8640), BORDERS[:2])
WEIGHTS = (1, 2)

#: Names of networks, by kind.
SMALL = ("around ridge", "around shifted ridge", "around shifted ridge, at once")
WORTH_TRYING = {
    "multivariate": (*SMALL, "segments", "shifted segments"),
    "univariate": (*SMALL, "two weeks", "eight days", "four days"),
}

#: Mixtures that are printed.
SHOWN = 5


def forecasts(folder: Path, name: str, kind: str, horizon: int, trained: int, end: int) -> tuple[Any, Any]:
    """Return forecasts and truth [S, W, H] of a network on a stretch; trained where it has not been."""
    file = folder / f"{kind}-{horizon}-{trained}-{name.replace(' ', '-').replace(',', '')}.npz"
    if not file.exists():
        frame = etth1(end, KINDS[kind], trained)
        found, truth = answers(fitted({name: 1}, horizon, frame), frame, trained)
        part = file.with_suffix(".part.npz")
        np.savez(part, found=found, truth=truth.astype("float32"))
        part.replace(file)
    with np.load(file) as kept:
        return kept["found"], kept["truth"]


def errors(weights: dict[str, int], parts: list[dict[str, tuple[Any, Any]]]) -> list[float]:
    """Return the MSE of a mixture on each stretch."""
    total = sum(weights.values())
    found = []
    for part in parts:
        mixed = sum(weight / total * part[name][0] for name, weight in weights.items())
        found.append(float(np.mean((mixed - part[next(iter(weights))][1]) ** 2)))
    return found


def mixtures(names: Sequence[str]) -> Iterator[dict[str, int]]:
    """Yield all mixtures of up to three networks, each once; one network alone first."""
    for count in (1, 2, 3):
        for some in itertools.combinations(names, count):
            for weights in itertools.product(WEIGHTS, repeat=count):
                if min(weights) == 1:
                    yield dict(zip(some, weights, strict=True))


def main(as_json: bool) -> None:
    """Print each network alone, and the best mixtures, by kind and horizon."""
    folder = results("etth1_choice")
    for kind, horizon in CHOSEN:
        if str(horizon) not in chosen("ETTH1_HORIZONS", HORIZONS):
            continue
        names = WORTH_TRYING[kind]
        parts = [{name: forecasts(folder, name, kind, horizon, *rows) for name in names} for rows in STRETCHES]
        usual = errors({names[0]: 1}, parts)
        rows = []
        for weights in mixtures(names):
            found = errors(weights, parts)
            mean = sum(one / other for one, other in zip(found, usual, strict=True)) / len(found)
            text = " + ".join(name if weight == 1 else f"{weight} {name}" for name, weight in weights.items())
            rows.append({"networks": text, "first": found[0], "second": found[1], "relative": mean})
        alone, mixed = rows[: len(names)], sorted(rows, key=lambda row: row["relative"])[:SHOWN]
        show(f"ETTh1, {kind}, {horizon} hours, before the test rows", alone + mixed, as_json)
