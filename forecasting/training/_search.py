"""How `auto` tries its candidates: one after the other, each measured on the same held-out origins, within a time."""

from __future__ import annotations

import dataclasses
import gc
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from forecasting.candidates import Candidate, Situation, by_rule, without_comparison
from forecasting.config import Task, Training
from forecasting.data.panel import Panel
from forecasting.defaults import context_length_of
from forecasting.errors import NotFittedError
from forecasting.evaluation.held_out import HeldOut
from forecasting.fitting import Fit, fit_model
from forecasting.home import first_line
from forecasting.model_spec import ModelSpec
from forecasting.training._clock import LEAST_SECONDS, Budget
from forecasting.training._failures import FAILURES
from forecasting.training._trial import Trial

logger = logging.getLogger("forecasting")

#: A candidate that would take longer than the time left is begun with fewer steps, down to this share of them.
LEAST_STEPS_SHARE = 0.2


class Search:
    """Fits candidates before the held-out origins, and measures them there.

    Args:
        spec: `auto` and its choices.
        task: what is forecast.
        training: how networks are trained.
        callbacks: Keras callbacks of all trainings.
        held_out: what the candidates are measured on.
        budget: the time for trying them.
    """

    def __init__(
        self,
        spec: ModelSpec,
        task: Task,
        training: Training,
        callbacks: Sequence[Any],
        held_out: HeldOut,
        budget: Budget,
    ) -> None:
        self.spec = spec
        self.task = dataclasses.replace(task, short_series="pad")  # every window is measured, whatever the policy
        self.training = dataclasses.replace(training, time_limit=None)
        self.callbacks = callbacks
        self.held_out = held_out
        self.budget = budget
        self.done: list[Trial] = []

    def trials(self) -> list[Trial]:
        """Return what came of each candidate, and then of more seeds of the best network."""
        found = [self.tried(candidate) for candidate in self.candidates()]
        networks = [trial for trial in self.done if trial.learner == "gradient"]
        if networks and self.held_out.windows:
            best = min(networks, key=lambda trial: trial.error).candidate
            seed = best.member.trained(self.training).seed
            found += [self.tried(best.with_seed(seed + number)) for number in range(1, self.spec.config.seeds + 1)]
        return found

    def candidates(self) -> Iterable[Candidate]:
        """Return those that were asked for, else those by rule."""
        if self.spec.config.candidates:
            return [Candidate(member, "asked for") for member in self.spec.config.candidates]
        panel = self.held_out.panel
        by_default = context_length_of(panel, self.task.horizon, self.task.season)
        is_free = self.task.context_length == by_default
        situation = Situation(self.task, self.held_out.known.lengths, self.spec.head, is_free, self.training)
        return by_rule(situation) if self.held_out.windows else without_comparison(situation)

    def tried(self, candidate: Candidate) -> Trial:
        """Fit and measure a candidate; one that fails, or for which there is no time, says so."""
        trial = Trial(candidate)
        training = self.training_of(trial)
        if training is not None:
            clock = Budget(0.0)
            try:
                self.measure(trial, training)
                self.done.append(trial)
            except FAILURES as error:
                trial.fit, trial.note = None, f"failed: {first_line(error)}"
            gc.collect()  # a trainer holds its step, which holds the trainer, and with it a panel on the device
            trial.seconds = clock.used
        result = f"error {trial.error:.4g} in {trial.seconds:.1f} s" if trial.fit else "left out"
        logger.info("%s: %s%s", candidate.name, result, f" ({trial.note})" if trial.note else "")
        return trial

    def measure(self, trial: Trial, training: Training) -> None:
        """Fit a candidate on the rows before the held-out origins, which say when to stop, and let it answer these."""
        stopped_by = self.held_out.whole if self.held_out.windows else None
        fit = self.fit(trial.candidate, self.held_out.known, training, stopped_by)
        if self.held_out.windows:
            trial.forecast = self.held_out.forecast(fit.predictor)
            trial.error = self.held_out.error(trial.forecast)
        trial.fit, trial.note = fit, fit.learned.notes.get("ended", "")

    def fit(self, candidate: Candidate, panel: Panel, training: Training, stopped_by: Panel | None = None) -> Fit:
        """Fit a candidate on a panel; see `fit_model`."""
        member = candidate.member
        length = max(self.task.context_length, member.context_length or 0)
        task = member.task(dataclasses.replace(self.task, context_length=length))
        return fit_model(member.spec, task, panel, training, self.callbacks, stopped_by=stopped_by)

    def fitted(self, trial: Trial) -> Fit:
        """Return the trained model of a trial that has one."""
        if trial.fit is None:
            raise NotFittedError(f"{trial.candidate.name} is not fitted.", code="not_fitted")
        return trial.fit

    def training_of(self, trial: Trial) -> Training | None:
        """Return how a candidate is trained in the time that is left; None, with a note, where there is too little."""
        candidate, left = trial.candidate, self.budget.left
        training = dataclasses.replace(candidate.member.trained(self.training), refit=False)
        if candidate.is_always_tried:
            return training
        if self.is_first_with_levels(candidate):
            return training.within(max(left, LEAST_SECONDS))
        needed = self.seconds_for(candidate)
        share = 1.0 if needed is None or needed <= left else left / needed
        if left <= 0 or share < LEAST_STEPS_SHARE:
            trial.note = "no time left" if needed is None else f"no time left: it takes about {needed:.0f} s"
            return None
        looks = int(share * training.steps) // training.validate_every
        steps = training.steps if share == 1 else min(training.steps, max(1, looks) * training.validate_every)
        return dataclasses.replace(training, steps=steps).within(left)

    def seconds_for(self, candidate: Candidate) -> float | None:
        """Return about how long a candidate takes, by those of the same learner before; None where there are none."""
        learner = candidate.member.spec.config.learner
        rates = sorted(trial.seconds / trial.candidate.cost for trial in self.done if trial.learner == learner)
        return candidate.cost * rates[len(rates) // 2] if rates else None

    def is_first_with_levels(self, candidate: Candidate) -> bool:
        """Whether levels are to be answered and this is the first candidate that has any: it gets one look at least."""
        has = candidate.member.spec.has_quantiles
        return bool(self.task.quantile_levels) and has and not any(trial.has_quantiles for trial in self.done)
