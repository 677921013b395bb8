"""What every learner returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.models.spec import Member
from forecasting.prediction.calibration import Calibration
from forecasting.store.facts import Facts

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor
    from forecasting.training.online.learner import OnlineLearner


def device() -> str:
    """Return where TensorFlow computes, for the notes."""
    import tensorflow as tf

    return "gpu" if tf.config.list_physical_devices("GPU") else "cpu"


@dataclass(frozen=True)
class Learned:
    """Facts about one training.

    Attributes:
        seconds: wall-clock time.
        windows: number of windows that could be drawn.
        steps: gradient steps behind the final weights; 0 for closed forms.
        history: one row per look at the validation windows: step, loss, val_loss, val_mae (original units). Online
            learners look at nothing: a row per pass, its `mae` that of forecasts before they were learnt from.
        notes: how it ran (device, kernel, refit ...), for the tracking run.
        candidates: rows of the leaderboard of `auto`, in the order in which they were tried.
        online: the `OnlineLearner` that goes on from here, None where learning always starts afresh.
    """

    seconds: float
    windows: int
    steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    online: OnlineLearner | None = None

    def facts(
        self, panel: Panel, training: Training, calibration: Calibration | None, ends: NDArray[np.int64]
    ) -> Facts:
        """Return what is recorded about the training, for the artifact.

        Args:
            panel: all data.
            training: how the training was asked for.
            calibration: of the model.
            ends: [S] rows of each series before the calibration split.
        """
        split = panel.frequency.times(panel.starts, ends)[ends < panel.lengths]
        return Facts(
            training_end=panel.end_label,
            fingerprint=panel.fingerprint(),
            series=panel.n_series,
            rows=len(panel.y),
            seconds=round(self.seconds, 3),
            windows=self.windows,
            steps=self.steps,
            training=dataclasses.asdict(training),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            calibration_windows=calibration.windows if calibration else 0,
            calibration_start=panel.label(split.min()) if len(split) else None,
            weights_end=panel.label(panel.frequency.times(panel.starts, ends - 1)[ends > 0].max()),
        )


@dataclass(frozen=True)
class Fit:
    """A trained model, and how that went."""

    predictor: Predictor
    learned: Learned


def learned_together(members: Sequence[Member], parts: Sequence[Learned]) -> Learned:
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
