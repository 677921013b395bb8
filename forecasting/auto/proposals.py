"""The models that `auto` tries by rule, in this order: each with the reason why.

To add one, yield it from `by_rule`, at the place that its gain for its seconds earns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.heads.spec import HeadSpec
from forecasting.models.spec import Member, ModelSpec

#: Learners that are not waited for by the clock: they take next to no time.
INSTANT = ("nothing",)

#: A longer context must be this much longer to be worth a candidate.
LEAST_LONGER = 1.25

#: Horizons that all rows together hold, below which a recurrent network may learn them by heart: one half as wide,
#: trained for a third of the steps at a lower rate, is tried first there. Errors before the tests, usual training and
#: this one: ETTh1 (630 horizons of 96 hours) .672 and .657, us_births (240 of 30 days) .946 and .957, both in a fifth
#: of the time. Where there is more to learn it is worse: M4 Hourly (6,500 of 48 hours) .465 and .599,
#: electricity_weekly (5,600 of 8 weeks) .653 and .837.
FEW_TARGETS = 1000
BRIEFLY = {"learning_rate": 2e-3, "steps": 400, "validate_every": 25}

#: What learns even less by heart, and how it is trained. ETTh1, from 336 hours, against a network of 128 units that
#: has no base forecast and reads 720: after eight months of training 3 % less error 96 hours ahead and 19 % less 336
#: hours ahead; after twelve months 1 % more and 1 % less. One scale for all windows takes another 0 to 5 % off 336 and
#: 720 hours ahead.
RESIDUAL_OF_LINEAR = "gru:units=32,scaling=shift,residual=linear,decoding=position,dropout=0.5"
CAREFULLY = BRIEFLY | {"learning_rate": 5e-4}

USUAL_STEPS = Training().steps
WANDERS = "starts where the series is: for series that wander"


@dataclass(frozen=True)
class Proposal:
    """A model that is tried.

    Attributes:
        member: the model, what it reads and how it is trained.
        reason: why it is tried.
        cost: work of one training relative to others of the same learner.
        is_always_tried: whether it is trained whatever the time.
    """

    member: Member
    reason: str
    cost: float = 1.0
    is_always_tried: bool = False

    @property
    def name(self) -> str:
        """How it is called: the model's text, what it reads and its seed where these are its own."""
        parts = [self.member.spec.alias]
        if self.member.context_length is not None:
            parts.append(f"context {self.member.context_length}")
        parts += [f"{name} {value}" for name, value in self.member.training]
        return ", ".join(parts)

    def with_seed(self, seed: int) -> Proposal:
        """Return the proposal trained from other random numbers."""
        training = tuple(sorted({**dict(self.member.training), "seed": seed}.items()))
        member = dataclasses.replace(self.member, training=training)
        return dataclasses.replace(self, member=member, reason="several seeds of the best network average out chance")


@dataclass(frozen=True)
class Situation:
    """What the rules look at.

    Attributes:
        task: horizon, season and the context that all models have by default.
        lengths: [S] rows of each series.
        head: text of the head of models that have a choice.
        is_context_free: whether candidates may look back further than the task says: not where the user said it.
        training: how all are trained; what the user chose there, no rule changes.
    """

    task: Task
    lengths: np.ndarray
    head: str
    is_context_free: bool
    training: Training

    @property
    def has_few_targets(self) -> bool:
        """Whether there is so little to learn that recurrent networks are kept small and trained briefly."""
        return int(self.lengths.sum()) < FEW_TARGETS * self.task.horizon

    def free(self, choices: dict[str, Any]) -> dict[str, Any]:
        """Return choices for the training without those that the user made."""
        usual = Training()
        return {name: one for name, one in choices.items() if getattr(self.training, name) == getattr(usual, name)}

    def share_of_steps(self, training: dict[str, Any]) -> float:
        """Return the steps of a training in trainings of the usual length."""
        return training.get("steps", USUAL_STEPS) / USUAL_STEPS

    def longer(self, factor: float) -> int | None:
        """Return a context `factor` times as long, as far as the series bear it; None where they do not."""
        horizon, length = self.task.horizon, self.task.context_length
        most = min(int(np.median(self.lengths)) // 2, int(self.lengths.max()) - horizon)
        found = min(int(factor * length), most)
        return found if self.is_context_free and found >= LEAST_LONGER * length else None

    def recurrence(self, context_length: int | None = None) -> float:
        """Return the work of a recurrence over segments of a season, in trainings of a perceptron."""
        tokens = -(-(context_length or self.task.context_length) // min(self.task.season[0], self.task.context_length))
        return 1.5 + 0.4 * tokens

    def candidate(
        self, text: str, reason: str, context: int | None = None, cost: float = 1.0, **training: Any
    ) -> Proposal:
        """Return a candidate with the head that was asked for, where it fits the model."""
        spec = ModelSpec.parse(text).with_head(HeadSpec.parse(self.head))
        is_instant = spec.config.learner in INSTANT
        return Proposal(Member(spec, 1.0, context, tuple(sorted(training.items()))), reason, cost, is_instant)


def by_rule(situation: Situation) -> Iterator[Proposal]:
    """Yield the proposals for a situation, the ones that give most for their seconds first."""
    yield from baselines(situation)
    yield from linear(situation)
    yield from networks(situation)


def without_comparison(situation: Situation) -> Iterator[Proposal]:
    """Yield what is taken where the series are too short to hold anything out: the first that can be fitted."""
    longest = [period for period in situation.task.season if 1 < period <= situation.task.context_length]
    for period in reversed(longest):
        yield situation.candidate(f"seasonal-naive:period={period}", "too few rows to compare anything on")
    yield situation.candidate("naive", "too few rows to compare anything on")


def baselines(situation: Situation) -> Iterator[Proposal]:
    """Yield what everything else must beat; none of it learns anything."""
    task = situation.task
    yield situation.candidate("naive", "the best forecast of a random walk")
    for period in task.season:
        if 1 < period <= task.context_length:
            yield situation.candidate(f"seasonal-naive:period={period}", "the best forecast of a season without trend")
    yield situation.candidate("drift", "a trend and nothing else")


def linear(situation: Situation) -> Iterator[Proposal]:
    """Yield linear autoregressions: solved exactly within seconds, and hard to beat on few or regular data."""
    first = situation.candidate("ar", "linear, relative to the last value")
    yield dataclasses.replace(first, is_always_tried=True)
    yield situation.candidate("ar:scaling=mean", "M4 Weekly and Hourly: the ridge with the best sMAPE")
    yield situation.candidate("ar:scaling=shift", "ETTh1, 336 and 720 hours ahead: up to a tenth less error")
    far = situation.longer(3)
    if far:
        text = "M4 Hourly: 504 lags have a lower OWA than 168"
        yield situation.candidate("ar:scaling=standard", text, far, cost=(far / situation.task.context_length) ** 2)


def networks(situation: Situation) -> Iterator[Proposal]:
    """Yield one network of each kind as it comes, then what errs differently and so is worth averaging with them."""
    yield situation.candidate("ff-ar", "M4 Hourly: a quarter of a GRU's time, and other errors", cost=1.0)
    levels = "M4 Hourly: a quarter less error with smoothing as base forecast, where levels span decades"
    yield situation.candidate("ff-ar:residual=smoothing,scaling=asinh", levels, cost=1.5)
    first, *others = recurrent(situation)
    yield first
    yield situation.candidate("ff-ar:scaling=last", WANDERS)
    solved = "ETTh1: a twentieth less error with the exact regression as base forecast, where windows are many"
    yield situation.candidate("ff-ar:residual=linear,scaling=last", solved, cost=1.5)
    smoothed = "M4 Hourly: the best single model, smoothing with a recurrent network on what it leaves"
    slow = situation.candidate("es-rnn:scaling=asinh", smoothed, cost=2 * situation.recurrence())
    # Where there is little to learn all the others together take as long.
    yield from (*others, slow) if situation.has_few_targets else (slow, *others)


def recurrent(situation: Situation) -> Iterator[Proposal]:
    """Yield recurrent networks over segments, the plain one first."""
    training: dict[str, Any] = {}
    size: tuple[str, ...] = ()
    share = 1.0
    if situation.has_few_targets:
        training = situation.free(BRIEFLY)
        size, share = ("units=128",), 0.5 * situation.share_of_steps(training)

    def candidate(model: str, reason: str, *choices: str, context: int | None = None, cost: float = 1.0) -> Proposal:
        choices = (*size, *choices)
        text = f"{model}:{','.join(choices)}" if choices else model
        return situation.candidate(text, reason, context, share * cost * situation.recurrence(context), **training)

    yield candidate("gru", "reads segments of a season: fewer weights for the same context")
    if situation.has_few_targets:
        yield residual_of_linear(situation)
    yield candidate("gru", WANDERS, "scaling=last")
    far = situation.longer(3)
    if far:
        yield candidate("gru", "sees several of the longest seasons", context=far)
    yield candidate("lstm", "the same reading with another cell", cost=1.2)
    if situation.has_few_targets:
        wide = "as wide, and trained as long, as where there is more to learn: how much to learn is a guess"
        yield situation.candidate("gru", wide, cost=situation.recurrence())


def residual_of_linear(situation: Situation) -> Proposal:
    """Return a recurrent network that learns even less by heart."""
    training = situation.free(CAREFULLY)
    cost = 0.5 + 0.25 * situation.share_of_steps(training) * situation.recurrence()
    solved = "ETTh1: small, with the exact regression as base forecast: little is left to learn by heart"
    return situation.candidate(RESIDUAL_OF_LINEAR, solved, cost=cost, **training)
