"""The learner of ensembles: every member is taught by the learner of its own model, on its own context."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecasting.config.training import Training
from forecasting.data.values import require_values
from forecasting.models.spec import Member
from forecasting.network.build import Network
from forecasting.training.clock import LEAST_SECONDS, Budget
from forecasting.training.learned import Learned, learned_together
from forecasting.training.learner import Learner, Teaching
from forecasting.training.source import WindowSource

if TYPE_CHECKING:
    from keras.callbacks import Callback

logger = logging.getLogger("forecasting")


def fit(
    network: Network, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Callback] = ()
) -> Learned:
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
        found.append(teach_member(member, part, source, training, callbacks))
    return learned_together(config.members, found)


def teach_member(
    member: Member, network: Network, source: WindowSource, training: Training, callbacks: Sequence[Callback]
) -> Learned:
    """Teach one member."""
    alone = dataclasses.replace(member.trained(training), calibration_windows=0)  # that is done for all together
    teaching = Teaching.of(member.spec, alone)
    require_values(source.panel, network.task, member.spec.head, network.head.traits.is_whole)
    if network.task.context_length != source.task.context_length:
        source = WindowSource.of(source.panel, network.task)
    return teaching.fit(network, source, callbacks)


LEARNER = Learner(replaces=None, is_shareable=False, stops_early=False, fit=fit)
