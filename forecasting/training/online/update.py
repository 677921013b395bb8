"""Going on with a trained model: its learner woken up again, and the facts after it has learnt more."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from datetime import UTC, datetime

from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, NotFittedError
from forecasting.prediction.predictor import Predictor
from forecasting.store.facts import Facts
from forecasting.store.learner_state import LearnerState
from forecasting.training.learner import Teaching
from forecasting.training.online.learner import OnlineLearner


def online_learner(predictor: Predictor, training: Training, state: LearnerState | None) -> OnlineLearner:
    """Return the learner of a model as it was when it stopped.

    Args:
        predictor: the model.
        training: how it was trained.
        state: what its learner remembered.

    Raises:
        ConfigError: the learner always starts afresh.
        NotFittedError: what the learner remembered is lost.
        ArtifactError: the state is not one of this model.
    """
    teaching = Teaching.of(predictor.spec, training)
    if teaching.learner.online is None:
        raise ConfigError(
            f"{predictor.spec.alias!r} was taught by {teaching.name!r}, which always starts afresh. Call `fit` with "
            "all rows, or train with Training(learner='ekf') or 'rtrl' to go on from new rows alone.",
            code="not_online",
            field="learner",
        )
    if state is None:
        raise NotFittedError(
            f"{predictor.spec.alias!r} was saved without what its learner remembers. Call `fit` with all rows.",
            code="no_learner_state",
            field="learner",
        )
    learner = teaching.learner.online(predictor.network, predictor.task, teaching.config, training)
    learner.restore(state)
    return learner


def learn(learner: OnlineLearner, panel: Panel, facts: Facts) -> Facts:
    """Learn from new rows; return the facts of the whole training.

    The fingerprint is that of the one before followed by the new rows': an update does not have the old rows.

    Raises:
        PanelError: rows do not follow those seen.
        TrainingError: learning diverged; everything is as before.
    """
    started = time.perf_counter()
    updates = learner.learn(panel).updates
    return dataclasses.replace(
        facts,
        training_end=max(facts.training_end, panel.end_label, key=panel.parse_label),
        fingerprint=hashlib.sha256(f"{facts.fingerprint} {panel.fingerprint()}".encode()).hexdigest(),
        series=len(learner.ends),
        rows=facts.rows + len(panel.y),
        seconds=round(facts.seconds + time.perf_counter() - started, 3),
        windows=facts.windows + len(panel.y),
        steps=facts.steps + updates,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
