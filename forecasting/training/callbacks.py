"""Keras callbacks that tell how a training is going; what is drawn from it is the caller's choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.callbacks import Callback

from forecasting.training import clock


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        step: gradient steps done.
        steps: gradient steps at most.
        is_refit: whether this is the second training, on all windows.
        metrics: the latest of `loss`, `val_loss` and `val_mae`; empty before the first look.
        is_look: whether they have just been measured, at this very step.
    """

    step: int
    steps: int
    is_refit: bool
    metrics: dict[str, float]
    is_look: bool = False


class ReportProgress(keras.callbacks.Callback):
    """Calls `report` with a `Progress` after every call into the compiled graph and every look at the validation.

    Args:
        report: a plain function.
    """

    def __init__(self, report: Callable[[Progress], None]) -> None:
        super().__init__()
        self.report = report
        self.trainings = 0
        self.epoch = 0
        self.metrics: dict[str, float] = {}

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Count the trainings: the second one of a fit is the refit."""
        self.trainings += 1
        self.epoch, self.metrics = 0, {}

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Report steps; `batch` is the last one of those that ran together."""
        self._report(self.epoch * self.params["steps"] + min(batch + 1, self.params["steps"]))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Report metrics."""
        self.metrics = {name: float(value) for name, value in (logs or {}).items()}
        self.epoch = epoch + 1
        self._report(self.epoch * self.params["steps"], is_look=True)

    def _report(self, step: int, is_look: bool = False) -> None:
        steps = self.params["steps"] * self.params["epochs"]
        self.report(Progress(min(step, steps), steps, self.trainings > 1, self.metrics, is_look))


def begin_fit(callbacks: Sequence[Callback]) -> None:
    """Tell those that report progress that the next training is the first of a fit, and no refit."""
    for callback in callbacks:
        if isinstance(callback, ReportProgress):
            callback.trainings = 0


class TimeLimit(keras.callbacks.Callback):
    """Ends a training at its first look after so many seconds.

    Args:
        seconds: counted from the beginning of the first training that it watches; None never ends anything.

    Attributes:
        has_ended: whether it ended the training.
    """

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds
        self.started: float | None = None
        self.has_ended = False

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Start the clock."""
        self.started = clock.now() if self.started is None else self.started

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """End the training where the time is up; after its last epoch it ends by itself."""
        if self.seconds is None or self.started is None or epoch + 1 == self.params["epochs"]:
            return
        if clock.now() - self.started >= self.seconds:
            self.has_ended = self.model.stop_training = True


class KeepAverage(keras.callbacks.Callback):
    """Keeps the moving average of the weights where a training ends before its last epoch; it comes last.

    `SwapEMAWeights` keeps it at the end of the last epoch. Where another callback ends the training before, Keras goes
    back to the weights of the last step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Take the average, which is in the model now, where the training ends here."""
        if self.model.stop_training:
            self.kept = [np.array(variable) for variable in self.model.trainable_variables]

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Put it back."""
        for variable, value in zip(self.model.trainable_variables, self.kept or (), strict=False):
            variable.assign(value)
