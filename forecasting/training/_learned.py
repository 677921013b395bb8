"""What every learner returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
        candidates: rows of the leaderboard of `auto`, in the order in which the models were tried; see `Trial.row`.
        online: the `OnlineLearner` that goes on from here, None where learning always starts afresh.
    """

    seconds: float
    windows: int
    steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    online: Any = None
