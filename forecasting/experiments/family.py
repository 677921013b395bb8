"""Every cell, stack, attention, decoding and residual beside the baselines: accuracy, seconds, size on one budget.

Each network has 64 units and a point head, reads tokens of six hours, takes at most 400 gradient steps of 128 windows
and is trained from two seeds; the numbers are means. MASE is that of 90 rolling origins, a horizon apart, after the
data that the network learnt from. Rows are made from the catalogs: a new cell or decoding appears by itself.

What the table can tell is which choices matter on this data at this budget, not which cell is best in general.
"""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.data.samples import load_sample
from forecasting.experiments import Result
from forecasting.forecaster import Forecaster
from forecasting.layers.attention import ATTENTIONS
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.encoders import STACKS
from forecasting.layers.recurrent import CELLS
from forecasting.layers.residuals import RESIDUALS
from forecasting.models.spec import ModelSpec
from forecasting.plots import leaderboard_chart
from forecasting.schema import DS, UNIQUE_ID, Y

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecasting.evaluation.backtest import Backtest

logger = logging.getLogger(__name__)

#: `run` takes a frame of the reader's own.
READS_DATA = True

HORIZON = 24


@dataclass(frozen=True)
class RowBudget:
    """What every row of the table gets.

    Attributes:
        units: width of the networks.
        steps: gradient steps at most.
        windows: rolling origins.
        seeds: trainings of every network.
        rows: rows of a series that are used, the newest; 0 uses all.
    """

    units: int
    steps: int
    windows: int
    seeds: int
    rows: int = 0


FULL = RowBudget(units=64, steps=400, windows=90, seeds=2)
QUICK = RowBudget(units=4, steps=2, windows=2, seeds=1, rows=600)

#: What a decoding may be given beside its defaults, one at a time, where it reads the field.
VARIANTS = {"forcing": ("teacher", "linear"), "attention": tuple(ATTENTIONS.names())}


@dataclass(frozen=True)
class FamilyRow:
    """A row of the table.

    Attributes:
        kind: which choice the row varies.
        name: the choice.
        model: name in `forecasting.models`.
        config: fields of the model's config other than the size.
    """

    kind: str
    name: str
    model: str
    config: tuple[tuple[str, Any], ...] = ()

    def spec(self, budget: RowBudget) -> ModelSpec:
        """Return the model of this row at a budget."""
        size: dict[str, Any] = {"units": budget.units}
        if self.model == "recurrent":
            size["segment"] = 6
        if self.kind == "reference":
            return ModelSpec.of(self.model, alias=self.name)
        return ModelSpec.of(self.model, size | dict(self.config), head="point", alias=self.name)


def members() -> Iterator[FamilyRow]:
    """Yield the rows: references, then each choice varied while the others stay."""
    yield FamilyRow("reference", "seasonal-naive", "seasonal-naive")
    yield FamilyRow("reference", "ar", "ar")
    for cell in CELLS.names():
        yield FamilyRow("cell", cell, "recurrent", (("cell", cell),))
    yield FamilyRow("depth", "gru, 2 layers", "recurrent", (("layers", 2),))
    for stack in STACKS.names():
        if stack != "plain":
            yield FamilyRow("depth", f"gru, 2 layers, {stack}", "recurrent", (("layers", 2), ("stack", stack)))
    for decoding in DECODINGS.names():
        for name, options in ways(decoding):
            yield FamilyRow("decoding", f"gru, {name}", "recurrent", (("decoding", decoding), *options))
    for residual in RESIDUALS.names():
        yield FamilyRow("residual", f"gru, residual of {residual}", "recurrent", (("residual", residual),))
        yield FamilyRow("residual", f"ff-ar, residual of {residual}", "ff-ar", (("residual", residual),))
    for decoding in DECODINGS.names():
        yield FamilyRow("no memory", f"ff-ar, {decoding}", "ff-ar", (("decoding", decoding),))


def ways(decoding: str) -> Iterator[tuple[str, tuple[tuple[str, Any], ...]]]:
    """Yield the name and the options of a decoding as it is, and with each other option that it reads."""
    if decoding != "mimo":  # that is the row of the cell
        yield decoding, ()
    for field in DECODINGS.traits(decoding, DecodingTraits).reads:
        for value in VARIANTS.get(field, ()):
            if value != "none":  # the default
                yield f"{decoding}, {value} {field}", ((field, value),)


def run(quick: bool = False, seed: int = 1, frame: pd.DataFrame | None = None, horizon: int = HORIZON) -> Result:
    """Train and score every member of the family; see `forecasting.experiments`.

    Args:
        quick: one row of each kind, hardly trained.
        seed: the first seed.
        frame: data other than the traffic that ships with the package.
        horizon: steps ahead.
    """
    budget = QUICK if quick else FULL
    frame = load_sample("traffic")[[UNIQUE_ID, DS, Y]] if frame is None else frame
    panel = Panel.from_frame(frame.groupby(UNIQUE_ID).tail(budget.rows) if budget.rows else frame)
    rows = []
    for member in one_of_each(members()) if quick else members():
        rows.append(scored(member, panel, budget, horizon, seed))
        logger.info("%s: mase %.3f, %.1f s", member.name, rows[-1]["mase"], rows[-1]["train_seconds"])
    windows = f"{budget.windows} origins, {budget.seeds} seeds"
    data = str(panel.ids[0]) if panel.n_series == 1 else f"{panel.n_series} series"
    title = f"The family on {data}: {horizon} steps ahead, {windows}, {budget.steps} steps"
    return Result(title, rows, {"mase": picture(rows)})


def one_of_each(family: Iterator[FamilyRow]) -> Iterator[FamilyRow]:
    """Yield the last member of each kind."""
    yield from {member.kind: member for member in family}.values()


def scored(member: FamilyRow, panel: Panel, budget: RowBudget, horizon: int, seed: int) -> dict[str, Any]:
    """Train a member with every seed; return its row."""
    spec = member.spec(budget)
    seeds = range(seed, seed + (1 if member.kind == "reference" else budget.seeds))
    found = [trained(spec, panel, budget, horizon, one) for one in seeds]
    mase = [backtest.metrics()["mase"] for _, backtest in found]
    return {
        "kind": member.kind,
        "model": member.name,
        "mase": statistics.fmean(mase),
        "spread": statistics.pstdev(mase),
        "train_seconds": round(statistics.fmean(fitted.facts.seconds for fitted, _ in found), 1),
        "parameters": parameters(found[0][0]),
    }


def trained(spec: ModelSpec, panel: Panel, budget: RowBudget, horizon: int, seed: int) -> tuple[Forecaster, Backtest]:
    """Train on the data before the first origin; return the forecaster and its forecasts from all origins."""
    from forecasting.evaluation.backtest import backtest_fitted, rolling

    training = Training(steps=budget.steps, validate_every=min(100, budget.steps), seed=seed)
    origins = rolling(panel, horizon, budget.windows, None)
    fitted = Forecaster(spec, horizon, training=training).fit_panel(panel.known_at(origins))
    return fitted, backtest_fitted(fitted.predictor, panel, origins)


def parameters(forecaster: Forecaster) -> int:
    """Return how many numbers a forecaster learnt; the state of a random generator is none."""
    weights = forecaster.predictor.network.weights
    return sum(int(weight.shape.num_elements()) for weight in weights if str(weight.dtype).startswith("float"))


def picture(rows: list[dict[str, Any]]) -> Figure:
    """Draw the table as bars."""
    return leaderboard_chart(pd.DataFrame(rows))
