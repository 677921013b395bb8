"""The learner of ensembles: every member is taught by the learner of its own model, on its own context."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

from forecasting.config import Training
from forecasting.learner_spec import LearnerSpec
from forecasting.members import Member
from forecasting.targets import require_values
from forecasting.training._clock import LEAST_SECONDS, Budget
from forecasting.training._learned import Learned
from forecasting.training._source import WindowSource

logger = logging.getLogger("forecasting")


def fit(network: Any, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Any] = ()) -> Learned:
    """Teach the members one after the other; their weights in the ensemble stay as they were given.

    A time limit is shared out: each member may take an equal part of what those before it have left.

    Raises:
        ConfigError: a learner was asked for that does not teach a member.
        PanelError: a member with a head of counts meets values that are none.
        TrainingError: a member cannot learn from the panel.
    """
    found: list[Learned] = []
    budget = None if training.time_limit is None else Budget(training.time_limit)
    for member, part in zip(config.members, network.members, strict=True):
        if budget is not None:
            share = budget.left / (len(config.members) - len(found))
            training = dataclasses.replace(training, time_limit=max(share, LEAST_SECONDS))
        logger.info("%s: training as member %d of %d.", member.spec.alias, len(found) + 1, len(config.members))
        found.append(teach(member, part, source, training, callbacks))
    return joined(config.members, found)


def teach(member: Member, network: Any, source: WindowSource, training: Training, callbacks: Sequence[Any]) -> Learned:
    """Teach one member."""
    training = member.trained(training)
    learner, config = LearnerSpec.chosen(training, member.spec).load(member.spec)
    require_values(source.panel, network.task, member.spec.head, network.head.is_whole)
    if network.task.context_length != source.task.context_length:
        source = WindowSource.of(source.panel, network.task)
    learned: Learned = learner.fit(network, source, config, training, callbacks)
    return learned


def joined(members: Sequence[Member], parts: Sequence[Learned]) -> Learned:
    """Return what is recorded of an ensemble: sums, and history and notes under the name of each member's weights."""
    total = sum(member.weight for member in members)
    history, notes = [], {}
    for number, (member, part) in enumerate(zip(members, parts, strict=True)):
        name = f"member_{number}"
        history += [
            {key if key == "step" else f"{name}.{key}": value for key, value in row.items()} for row in part.history
        ]
        notes[name] = f"{member.spec.alias}, {member.weight / total:.3g} of the weight"
        notes |= {f"{name}.{key}": value for key, value in part.notes.items()}
    return Learned(
        sum(part.seconds for part in parts),
        max(part.windows for part in parts),
        sum(part.steps for part in parts),
        history,
        notes,
    )
