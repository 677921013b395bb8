"""The learner of `auto`: tries candidates while there is time, and keeps the best one or an average of a few.

Every candidate is fitted on the rows before the first held-out origin and answers all held-out origins as it would be
served; they also say when the training of a network ends, so none of the rows before has to be spared for that. What is
chosen there is fitted again on all rows, as far as the time allows.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from forecasting.config import Task, Training
from forecasting.data.panel import Panel
from forecasting.ensemble_network import EnsembleNetwork
from forecasting.errors import TrainingError
from forecasting.evaluation.held_out import HeldOut
from forecasting.fitting import Fit
from forecasting.home import first_line
from forecasting.model_spec import ModelSpec
from forecasting.predictor import Predictor
from forecasting.training._clock import LEAST_SECONDS, Budget
from forecasting.training._failures import FAILURES
from forecasting.training._learned import Learned
from forecasting.training._loss_scale import require_scale
from forecasting.training._search import Search
from forecasting.training._trial import Trial
from forecasting.training.members import joined as learned_of

logger = logging.getLogger("forecasting")

#: Seconds that are used where no limit is given.
DEFAULT_SECONDS = 600.0

#: Share of the time in which candidates are tried: where the chosen ones are fitted again on all rows, which takes the
#: rest, and where they are not.
SEARCH_SHARE, SEARCH_SHARE_WITHOUT_REFIT = 0.65, 0.95

#: Weight of the best model with quantiles where only points were chosen, and levels are to be answered.
SPREAD_WEIGHT = 0.05

ALL_ROWS, BEFORE_ORIGINS = "all rows", "the rows before the held-out origins"


def find(spec: ModelSpec, task: Task, panel: Panel, training: Training, callbacks: Sequence[Any] = ()) -> Fit:
    """Return the best model, or an ensemble of a few, that the time allows to find.

    Args:
        spec: `auto` and its choices.
        task: what is forecast.
        panel: all that may be learnt from.
        training: how networks are trained; its time limit is that of everything here.
        callbacks: Keras callbacks of all trainings.

    Raises:
        ConfigError: the losses of the head cannot be divided by the `loss_scale` that was asked for.
        TrainingError: no candidate can be fitted.
    """
    require_scale(training.loss_scale, spec.head_spec.is_distribution or spec.head_spec.has_symbols)
    budget = Budget(training.time_limit or DEFAULT_SECONDS)
    held_out = HeldOut.of(panel, task, spec.config.windows, spec.head_spec.degree)
    share = SEARCH_SHARE if training.refit else SEARCH_SHARE_WITHOUT_REFIT
    search = Search(spec, task, training, callbacks, held_out, budget.part(share))
    trials = search.trials()
    chosen = choose(trials, held_out, spec.config.most_members, bool(task.quantile_levels))
    for trial in chosen:
        trial.fitted_on = refit(trial, search, panel, budget)
        logger.info("%s: %.2g of the forecast, fitted on %s.", trial.candidate.name, trial.weight, trial.fitted_on)
    if task.quantile_levels and not has_levels(chosen):
        logger.warning("No model with quantiles was fitted: levels can be answered after calibration only.")
    return combined(chosen, [trial.row() for trial in trials], spec, task, budget.used)


def choose(trials: Sequence[Trial], held_out: HeldOut, most: int, with_levels: bool) -> list[Trial]:
    """Give the trials their weights and return those that have one, the heaviest first.

    Where levels are to be answered and points were chosen, the best model with quantiles joins them for the spread.

    Raises:
        TrainingError: none could be fitted.
    """
    done = [trial for trial in trials if trial.fit is not None]
    if not done:
        reasons = " ".join(f"{trial.candidate.name}: {trial.note}." for trial in trials)
        raise TrainingError(f"No candidate of `auto` could be fitted. {reasons}", code="no_candidate")
    if len(done) == 1 or not held_out.windows:
        done[0].weight = 1.0
        return done[:1]
    spread = [trial for trial in done if trial.has_quantiles] if with_levels else []
    chosen = weighed(done, held_out, most)
    if spread and not has_levels(chosen) and len(chosen) == most:  # make room for one that has
        chosen = weighed(spread if most == 1 else done, held_out, max(1, most - 1))
    if spread and not has_levels(chosen):
        for trial in chosen:
            trial.weight *= 1 - SPREAD_WEIGHT
        best = min(spread, key=lambda trial: trial.error)
        best.weight = SPREAD_WEIGHT
        chosen.append(best)
    for trial in done:
        trial.weight = trial.weight if trial in chosen else 0.0
    return sorted(chosen, key=lambda trial: -trial.weight)


def weighed(trials: Sequence[Trial], held_out: HeldOut, most: int) -> list[Trial]:
    """Give trials their weights, of which at most `most` are above 0, and return those that have one."""
    weights = held_out.weights(np.stack([trial.forecast for trial in trials]), most)
    for trial, weight in zip(trials, weights, strict=True):
        trial.weight = float(weight)
    return [trial for trial in trials if trial.weight]


def has_levels(trials: Sequence[Trial]) -> bool:
    """Whether levels can be answered by some of the trials."""
    return any(trial.has_quantiles for trial in trials)


def refit(trial: Trial, search: Search, panel: Panel, budget: Budget) -> str:
    """Fit a chosen model on all rows where the time allows, for as many steps as were best; return what it learnt from.

    One that would not be done in time, or fails, stays as it was measured.
    """
    found = search.fitted(trial)
    if search.held_out.known is panel:
        return ALL_ROWS
    training = trial.candidate.member.trained(search.training)
    needed = seconds_to_refit(trial, found.learned, len(panel.y) / len(search.held_out.known.y))
    is_quick = trial.candidate.is_always_tried
    if not training.refit or (needed > budget.left and not is_quick):
        return BEFORE_ORIGINS
    limit = None if is_quick else max(budget.left, LEAST_SECONDS)
    steps = found.learned.steps or training.steps
    whole = dataclasses.replace(training, steps=steps, validation_windows=0, refit=False).within(limit)
    try:
        again = search.fit(trial.candidate, panel, whole)
    except FAILURES as error:
        trial.note = f"on all rows: {first_line(error)}"
        return BEFORE_ORIGINS
    if "ended" in again.learned.notes:
        return BEFORE_ORIGINS
    trial.fit = Fit(again.predictor, dataclasses.replace(again.learned, history=found.learned.history))
    return ALL_ROWS


def seconds_to_refit(trial: Trial, learned: Learned, longer: float) -> float:
    """Return about how long a model takes on all rows, which are `longer` times as many.

    A closed form and an online learner read every row. A training on windows takes the steps that were best, and not
    those after them that showed it; the rows are no matter to a step.
    """
    if learned.online is not None or not learned.history:
        return trial.seconds * longer
    return trial.seconds - learned.seconds * (1 - learned.steps / learned.history[-1]["step"])


def combined(chosen: Sequence[Trial], rows: list[dict[str, Any]], spec: ModelSpec, task: Task, seconds: float) -> Fit:
    """Return one model made of the chosen ones, under the name of `auto`, and what is recorded of the search.

    Args:
        chosen: one or more.
        rows: the leaderboard of all candidates.
        spec: `auto` and its choices.
        task: what is forecast.
        seconds: what everything took.
    """
    fits = [trial.fit for trial in chosen if trial.fit is not None]
    members = [
        dataclasses.replace(
            trial.candidate.member, weight=trial.weight, context_length=fit.predictor.task.context_length
        )
        for trial, fit in zip(chosen, fits, strict=True)
    ]
    learned = learned_of(members, [fit.learned for fit in fits])
    fitted_on = {f"member_{number}.fitted_on": trial.fitted_on for number, trial in enumerate(chosen)}
    learned = dataclasses.replace(learned, seconds=seconds, notes={**learned.notes, **fitted_on}, candidates=rows)
    if len(fits) == 1:
        one = fits[0].predictor
        alone = dataclasses.replace(one.spec, alias=spec.alias)
        task = dataclasses.replace(one.task, short_series=task.short_series)
        return Fit(Predictor(alone, task, one.network), learned)
    whole = ModelSpec.of("ensemble", {"members": members}, alias=spec.alias)
    lengths = [fit.predictor.task.context_length for fit in fits]
    levels = task.quantile_levels if whole.has_quantiles else ()
    task = dataclasses.replace(task, context_length=max(lengths), quantile_levels=levels)
    parts, weights = [fit.predictor.network for fit in fits], [trial.weight for trial in chosen]
    network = EnsembleNetwork(parts, weights, whole.head_spec.build(task), task)
    return Fit(Predictor(whole, task, network), learned)
