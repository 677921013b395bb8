"""The learner of `auto`: tries models while there is time, and keeps the best one or an average of a few.

Every proposal is fitted on the rows before the first held-out origin and answers all held-out origins as it would be
served; they also say when the training of a network ends, so none of the rows before has to be spared for that. What is
chosen there is fitted again on all rows, as far as the time allows.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from forecasting.auto.comparison import Comparison
from forecasting.auto.held_out import HeldOut
from forecasting.auto.tryout import Tryout
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.errors import TrainingError, first_line
from forecasting.models.spec import ModelSpec
from forecasting.models.zoo.auto import Config
from forecasting.network.ensemble import EnsembleNetwork
from forecasting.prediction.predictor import Predictor
from forecasting.training.clock import LEAST_SECONDS, Budget
from forecasting.training.failures import FAILURES
from forecasting.training.learned import Fit, Learned, learned_together
from forecasting.training.learner import Learner
from forecasting.training.loss_scale import require_scale

if TYPE_CHECKING:
    from keras.callbacks import Callback

logger = logging.getLogger("forecasting")

#: Seconds that are used where no limit is given.
DEFAULT_SECONDS = 600.0

#: Share of the time in which proposals are tried: where the chosen ones are fitted again on all rows, which takes the
#: rest, and where they are not.
SEARCH_SHARE, SEARCH_SHARE_WITHOUT_REFIT = 0.65, 0.95

#: Weight of the best model with quantiles where only points were chosen, and levels are to be answered.
SPREAD_WEIGHT = 0.05

ALL_ROWS, BEFORE_ORIGINS = "all rows", "the rows before the held-out origins"


@dataclass(frozen=True, eq=False)
class Chosen:
    """A model that has a part in the forecast.

    Attributes:
        tryout: how it was found.
        weight: its part.
        fit: the model as it is kept.
        fitted_on: what it has learnt from.
        note: what is to be said of it.
    """

    tryout: Tryout
    weight: float
    fit: Fit
    fitted_on: str
    note: str = ""


def find(spec: ModelSpec, task: Task, panel: Panel, training: Training, callbacks: Sequence[Callback] = ()) -> Fit:
    """Return the best model, or an ensemble of a few, that the time allows to find.

    Args:
        spec: `auto` and its choices.
        task: what is forecast.
        panel: all that may be learnt from.
        training: how networks are trained; its time limit is that of everything here.
        callbacks: Keras callbacks of all trainings.

    Raises:
        ConfigError: the losses of the head cannot be divided by the `loss_scale` that was asked for.
        TrainingError: no proposal can be fitted.
    """
    require_scale(training.loss_scale, spec.head_spec.traits)
    budget = Budget(training.time_limit or DEFAULT_SECONDS)
    config = cast(Config, spec.config)
    held_out = HeldOut.of(panel, task, config.windows, spec.head_spec.degree)
    share = SEARCH_SHARE if training.refit else SEARCH_SHARE_WITHOUT_REFIT
    padded = dataclasses.replace(task, short_series="pad")
    unlimited = dataclasses.replace(training, time_limit=None, calibration_windows=0)
    comparison = Comparison(config, spec.head, padded, unlimited, callbacks, held_out, budget.part(share))
    tryouts = comparison.tryouts()
    weights = choose(tryouts, held_out, config.most_members, bool(task.quantile_levels))
    chosen = []
    for tryout, weight in weights.items():
        chosen.append(refitted(tryout, weight, comparison, panel, budget))
        logger.info("%s: %.2g of the forecast, fitted on %s.", tryout.proposal.name, weight, chosen[-1].fitted_on)
    if task.quantile_levels and not has_levels(weights):
        logger.warning("No model with quantiles was fitted: levels can be answered after calibration only.")
    return combined(chosen, spec, task, learned_of(chosen, tryouts, budget.used))


def choose(tryouts: Sequence[Tryout], held_out: HeldOut, most: int, with_levels: bool) -> dict[Tryout, float]:
    """Return the tryouts that have a part in the forecast with their weights, the heaviest first.

    Where levels are to be answered and points were chosen, the best model with quantiles joins them for the spread.

    Raises:
        TrainingError: none could be fitted.
    """
    done = [tryout for tryout in tryouts if tryout.fit is not None]
    if not done:
        reasons = " ".join(f"{tryout.proposal.name}: {tryout.note}." for tryout in tryouts)
        raise TrainingError(f"No candidate of `auto` could be fitted. {reasons}", code="no_candidate")
    if len(done) == 1 or not held_out.windows:
        return {done[0]: 1.0}
    spread = [tryout for tryout in done if tryout.has_quantiles] if with_levels else []
    weights = weighed(done, held_out, most)
    if spread and not has_levels(weights) and len(weights) == most:  # make room for one that has
        weights = weighed(spread if most == 1 else done, held_out, max(1, most - 1))
    if spread and not has_levels(weights):
        weights = {tryout: weight * (1 - SPREAD_WEIGHT) for tryout, weight in weights.items()}
        weights[min(spread, key=lambda tryout: tryout.error)] = SPREAD_WEIGHT
    return dict(sorted(weights.items(), key=lambda pair: -pair[1]))


def weighed(tryouts: Sequence[Tryout], held_out: HeldOut, most: int) -> dict[Tryout, float]:
    """Return those of some tryouts that have a weight above 0, at most `most`, with it."""
    forecasts: list[NDArray[np.float64]] = [tryout.forecast for tryout in tryouts if tryout.forecast is not None]
    weights = held_out.weights(np.stack(forecasts), most)
    return {tryout: float(weight) for tryout, weight in zip(tryouts, weights, strict=True) if weight}


def has_levels(tryouts: Mapping[Tryout, float]) -> bool:
    """Whether levels can be answered by some of the tryouts."""
    return any(tryout.has_quantiles for tryout in tryouts)


def refitted(tryout: Tryout, weight: float, comparison: Comparison, panel: Panel, budget: Budget) -> Chosen:
    """Fit a chosen model on all rows where the time allows, for as many steps as were best.

    One that would not be done in time, or fails, stays as it was measured.
    """
    found = tryout.fitted
    if comparison.held_out.known is panel:
        return Chosen(tryout, weight, found, ALL_ROWS, tryout.note)
    as_measured = Chosen(tryout, weight, found, BEFORE_ORIGINS, tryout.note)
    training = tryout.proposal.member.trained(comparison.training)
    needed = seconds_to_refit(tryout, len(panel.y) / len(comparison.held_out.known.y))
    is_quick = tryout.proposal.is_always_tried
    if not training.refit or (needed > budget.left and not is_quick):
        return as_measured
    limit = None if is_quick else max(budget.left, LEAST_SECONDS)
    steps = found.learned.steps or training.steps
    whole = dataclasses.replace(training, steps=steps, validation_windows=0, refit=False).within(limit)
    try:
        again = comparison.fit(tryout.proposal, panel, whole)
    except FAILURES as error:
        return dataclasses.replace(as_measured, note=f"on all rows: {first_line(error)}")
    if "ended" in again.learned.notes:
        return as_measured
    fit = Fit(again.predictor, dataclasses.replace(again.learned, history=found.learned.history))
    return Chosen(tryout, weight, fit, ALL_ROWS, tryout.note)


def seconds_to_refit(tryout: Tryout, longer: float) -> float:
    """Return about how long a model takes on all rows, which are `longer` times as many.

    A closed form and an online learner read every row. A training on windows takes the steps that were best, and not
    those after them that showed it; the rows are no matter to a step.
    """
    learned = tryout.fitted.learned
    if learned.online is not None or not learned.history:
        return tryout.seconds * longer
    return tryout.seconds - learned.seconds * (1 - learned.steps / learned.history[-1]["step"])


def learned_of(chosen: Sequence[Chosen], tryouts: Sequence[Tryout], seconds: float) -> Learned:
    """Return what is recorded of the search: that of the chosen models together, and a row for each tryout.

    Args:
        chosen: one or more.
        tryouts: all that were tried, in order.
        seconds: what everything took.
    """
    kept = {one.tryout: one for one in chosen}
    members = [dataclasses.replace(one.tryout.proposal.member, weight=one.weight) for one in chosen]
    learned = learned_together(members, [one.fit.learned for one in chosen])
    fitted_on = {f"member_{number}.fitted_on": one.fitted_on for number, one in enumerate(chosen)}
    rows = [leaderboard_row(tryout, kept.get(tryout)) for tryout in tryouts]
    return dataclasses.replace(learned, seconds=seconds, notes={**learned.notes, **fitted_on}, candidates=rows)


def leaderboard_row(tryout: Tryout, chosen: Chosen | None) -> dict[str, Any]:
    """Return the row of a tryout in the leaderboard of `auto`."""
    return {
        "model": tryout.proposal.name,
        "error": tryout.error if math.isfinite(tryout.error) else None,
        "seconds": round(tryout.seconds, 3),
        "weight": round(chosen.weight, 4) if chosen else 0.0,
        "fitted_on": chosen.fitted_on if chosen else "",
        "note": chosen.note if chosen else tryout.note,
        "reason": tryout.proposal.reason,
    }


def combined(chosen: Sequence[Chosen], spec: ModelSpec, task: Task, learned: Learned) -> Fit:
    """Return one model made of the chosen ones, under the name of `auto`.

    Args:
        chosen: one or more.
        spec: `auto` and its choices.
        task: what is forecast.
        learned: what is recorded of the search.
    """
    predictors = [one.fit.predictor for one in chosen]
    if len(predictors) == 1:
        one = predictors[0]
        alone = dataclasses.replace(one.spec, alias=spec.alias)
        task = dataclasses.replace(one.task, short_series=task.short_series)
        return Fit(Predictor(alone, task, one.network), learned)
    lengths = [one.task.context_length for one in predictors]
    members = [
        dataclasses.replace(one.tryout.proposal.member, weight=one.weight, context_length=length)
        for one, length in zip(chosen, lengths, strict=True)
    ]
    whole = ModelSpec.of("ensemble", {"members": members}, alias=spec.alias)
    levels = task.quantile_levels if whole.has_quantiles else ()
    task = dataclasses.replace(task, context_length=max(lengths), quantile_levels=levels)
    networks, weights = [one.network for one in predictors], [one.weight for one in chosen]
    network = EnsembleNetwork(networks, weights, whole.head_spec.build(task), task)
    return Fit(Predictor(whole, task, network), learned)


LEARNER = Learner(replaces=None, is_shareable=False, stops_early=False, find=find)
