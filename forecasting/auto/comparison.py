"""How `auto` compares its proposals: one after the other, each on the same held-out origins, within a time."""

from __future__ import annotations

import dataclasses
import gc
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.auto.held_out import HeldOut
from forecasting.auto.proposals import Proposal, Situation, by_rule, without_comparison
from forecasting.auto.tryout import Tryout
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.data.defaults import context_length_of
from forecasting.data.panel import Panel
from forecasting.errors import first_line
from forecasting.models.zoo.auto import Config
from forecasting.training.clock import LEAST_SECONDS, Budget
from forecasting.training.failures import FAILURES
from forecasting.training.fit import fit_model
from forecasting.training.learned import Fit
from forecasting.training.learner import Teaching

if TYPE_CHECKING:
    from keras.callbacks import Callback

logger = logging.getLogger("forecasting")

#: A proposal that would take longer than the time left is begun with fewer steps, down to this share of them.
LEAST_STEPS_SHARE = 0.2


@dataclass(frozen=True)
class Comparison:
    """Fits proposals before the held-out origins, and measures them there.

    Attributes:
        config: what `auto` was asked for.
        head: text of the head of models that have a choice.
        task: what is forecast; every window is measured, whatever the policy for short series.
        training: how networks are trained, without a limit of time.
        callbacks: Keras callbacks of all trainings.
        held_out: what the proposals are measured on.
        budget: the time for trying them.
        done: those that were fitted and measured so far.
    """

    config: Config
    head: str
    task: Task
    training: Training
    callbacks: Sequence[Callback]
    held_out: HeldOut
    budget: Budget
    done: tuple[Tryout, ...] = ()

    def tryouts(self) -> list[Tryout]:
        """Return what came of each proposal, and then of more seeds of the best network."""
        comparison, found = self, []
        for proposal in self.proposals():
            found.append(comparison.tried(proposal))
            comparison = comparison.after(found[-1])
        for proposal in comparison.more_seeds():
            found.append(comparison.tried(proposal))
            comparison = comparison.after(found[-1])
        return found

    def after(self, tryout: Tryout) -> Comparison:
        """Return the comparison after one more tryout, from which it tells how long the next ones take."""
        return self if tryout.fit is None else dataclasses.replace(self, done=(*self.done, tryout))

    def proposals(self) -> Iterable[Proposal]:
        """Return those that were asked for, else those by rule."""
        if self.config.candidates:
            return [Proposal(member, "asked for") for member in self.config.candidates]
        by_default = context_length_of(self.held_out.panel, self.task.horizon, self.task.season)
        is_free = self.task.context_length == by_default
        situation = Situation(self.task, self.held_out.known.lengths, self.head, is_free, self.training)
        return by_rule(situation) if self.held_out.windows else without_comparison(situation)

    def more_seeds(self) -> list[Proposal]:
        """Return the best network so far with other seeds; none where nothing can be compared."""
        networks = [tryout for tryout in self.done if tryout.learner == "gradient"]
        if not networks or not self.held_out.windows:
            return []
        best = min(networks, key=lambda tryout: tryout.error).proposal
        seed = best.member.trained(self.training).seed
        return [best.with_seed(seed + number) for number in range(1, self.config.seeds + 1)]

    def tried(self, proposal: Proposal) -> Tryout:
        """Fit and measure a proposal; one that fails, or for which there is no time, says so."""
        training, note = self.training_of(proposal)
        tryout = Tryout(proposal, note=note)
        if training is not None:
            clock = Budget(0.0)
            try:
                tryout = self.measured(proposal, training)
            except FAILURES as error:
                tryout = Tryout(proposal, note=f"failed: {first_line(error)}")
            gc.collect()  # a trainer holds its step, which holds the trainer, and with it a panel on the device
            tryout = dataclasses.replace(tryout, seconds=clock.used)
        result = f"error {tryout.error:.4g} in {tryout.seconds:.1f} s" if tryout.fit else "left out"
        logger.info("%s: %s%s", proposal.name, result, f" ({tryout.note})" if tryout.note else "")
        return tryout

    def measured(self, proposal: Proposal, training: Training) -> Tryout:
        """Fit a proposal on the rows before the held-out origins, which say when to stop, and let it answer these."""
        stopped_by = self.held_out.whole if self.held_out.windows else None
        fit = self.fit(proposal, self.held_out.known, training, stopped_by)
        note = fit.learned.notes.get("ended", "")
        if not self.held_out.windows:
            return Tryout(proposal, fit, note=note)
        forecast = self.held_out.forecast(fit.predictor)
        return Tryout(proposal, fit, forecast, self.held_out.error(forecast), note=note)

    def fit(self, proposal: Proposal, panel: Panel, training: Training, stopped_by: Panel | None = None) -> Fit:
        """Fit a proposal on a panel; see `fit_model`."""
        member = proposal.member
        length = max(self.task.context_length, member.context_length or 0)
        task = member.task(dataclasses.replace(self.task, context_length=length))
        teaching = Teaching.of(member.spec, training)
        return fit_model(teaching, task, panel, self.callbacks, stopped_by=stopped_by)

    def training_of(self, proposal: Proposal) -> tuple[Training | None, str]:
        """Return how a proposal is trained in the time left; None, with a note why, where that is too little."""
        left = self.budget.left
        training = dataclasses.replace(proposal.member.trained(self.training), refit=False)
        if proposal.is_always_tried:
            return training, ""
        if self.is_first_with_levels(proposal):
            return training.within(max(left, LEAST_SECONDS)), ""
        needed = self.seconds_for(proposal)
        share = 1.0 if needed is None or needed <= left else left / needed
        if left <= 0 or share < LEAST_STEPS_SHARE:
            return None, "no time left" if needed is None else f"no time left: it takes about {needed:.0f} s"
        looks = int(share * training.steps) // training.validate_every
        steps = training.steps if share == 1 else min(training.steps, max(1, looks) * training.validate_every)
        return dataclasses.replace(training, steps=steps).within(left), ""

    def seconds_for(self, proposal: Proposal) -> float | None:
        """Return about how long a proposal takes, by those of the same learner before; None where there are none."""
        learner = proposal.member.spec.config.learner
        rates = sorted(tryout.seconds / tryout.proposal.cost for tryout in self.done if tryout.learner == learner)
        return proposal.cost * rates[len(rates) // 2] if rates else None

    def is_first_with_levels(self, proposal: Proposal) -> bool:
        """Whether levels are to be answered and this is the first proposal that has any: it gets one look at least."""
        has = proposal.member.spec.has_quantiles
        return bool(self.task.quantile_levels) and has and not any(tryout.has_quantiles for tryout in self.done)
