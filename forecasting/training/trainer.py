"""Descent by gradient through the ordinary Keras `fit`: the trainer, and the course of a training."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.callbacks import Callback

from forecasting.config.space import Between, OneOf, Space
from forecasting.config.training import Training
from forecasting.data.windows import WindowIndex
from forecasting.errors import TrainingError
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork
from forecasting.training import replicas
from forecasting.training.batches import validation_batches
from forecasting.training.callbacks import KeepAverage, TimeLimit, begin_fit
from forecasting.training.learned import Learned, device
from forecasting.training.loss_scale import weigher
from forecasting.training.precision import computing_in, used
from forecasting.training.ridge import solve_base
from forecasting.training.source import WindowSource

logger = logging.getLogger(__name__)

#: Steps, those of a refit included, from which XLA pays on a CPU: what compiling takes, as many shorter steps of a
#: perceptron earn back.
XLA_FROM_STEPS = 2000

#: Values of `Training` that are worth trying.
SEARCH: dict[str, Space] = {
    "learning_rate": Between(3e-4, 2e-2, log=True),
    "batch_size": OneOf((32, 64, 128, 256)),
    "steps": OneOf((300, 600, 1200, 2400)),
    "weight_decay": OneOf((0.0, 1e-4, 1e-3, 1e-2)),
}


class WindowTrainer(keras.Model):
    """A Keras model whose input is a vector of origins and whose weights are those of the inner network.

    Args:
        network: the `ForecastNetwork` to train.
        source: the panel on the device; it is no part of the weights.
        training: how to train.
        objective: gives the loss of one element of the training data; that of windows at origins by default.
    """

    def __init__(
        self,
        network: ForecastNetwork,
        source: WindowSource,
        training: Training,
        objective: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(name="trainer", autocast=False)
        self.network = network
        self.source = source
        self.training = training
        self.objective = objective or self.windows_loss
        self.weigh = weigher(network, training.loss_scale)
        self.absolute_error = keras.metrics.Mean(name="mae")
        self.built = True
        steps = training.steps * (1 + training.refit)
        compiled = network.supports_jit and steps >= XLA_FROM_STEPS and replicas.count() == 1
        step = self._take_step
        self.take_step = tf.function(step, autograph=False, jit_compile=True) if compiled else step
        #: Steps between two looks at the validation windows, which whole executions must fill.
        self.interval = interval_of(training)
        optimizer = adam(training)
        optimizer.build(network.trainable_variables)
        together = math.gcd(self.interval, training.steps_per_execution) if replicas.count() == 1 else 1
        self.compile(optimizer=optimizer, steps_per_execution=together)
        self.start = [np.array(variable) for variable in (*network.weights, *optimizer.variables)]

    def restart(self) -> None:
        """Go back to the first weights; the compiled step stays, so nothing is traced twice."""
        for variable, value in zip((*self.network.weights, *self.optimizer.variables), self.start, strict=True):
            variable.assign(value)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of the optimizer; `data` is what the objective takes, by default origins [B], firsts [B]."""
        self._loss_tracker.update_state(self.take_step(*data) * replicas.count())  # the mean of devices is logged
        return {"loss": self._loss_tracker.result()}

    def windows_loss(self, origins: Tensor, firsts: Tensor) -> Tensor:
        """Return the mean scaled loss of windows at `origins` [B], as they are trained."""
        progress = tf.cast(self.optimizer.iterations, tf.float32) / self.training.steps
        windows = self.source.windows(origins, firsts)
        loss = self.network.training_loss(*windows, progress, self.weigh)
        if replicas.count() == 1:
            return loss
        return replicas.whole_mean(loss, self.network.loss_weight(*windows, self.weigh))

    def _take_step(self, *batch: Any) -> Tensor:
        """Move the weights against the gradient of the loss; return the loss."""
        with tf.GradientTape() as tape:
            loss = self.objective(*batch)
        variables = self.network.trainable_variables
        replicas.apply(self.optimizer, tape.gradient(loss, variables), variables)
        return loss

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: all is built. Keras's own look at a batch fails where devices get unequal parts of it."""

    def test_step(self, data: Any) -> dict[str, Any]:
        """Score validation windows; `data` is origins [B] and firsts [B]."""
        windows = self.source.windows(*data)
        loss, error = self.network.loss_and_error(*windows, self.weigh)
        observed = tf.reduce_sum(tf.cast(tf.math.is_finite(windows.target), tf.float64))
        self._loss_tracker.update_state(loss, sample_weight=self.network.loss_weight(*windows, self.weigh))
        self.absolute_error.update_state(error, sample_weight=observed)
        return {"loss": self._loss_tracker.result(), "mae": self.absolute_error.result()}


def teach_by_gradient(
    trainer: WindowTrainer,
    source: WindowSource,
    draw: Callable[[WindowIndex], tf.data.Dataset],
    callbacks: Sequence[Callback],
) -> Learned:
    """Train, keep the best weights, then train once more on everything for the best number of steps.

    The last windows of each series validate. When the series are too short to spare any, all windows
    train for all steps. A time limit ends the first training; the second has no more steps than that.

    Args:
        trainer: takes the steps.
        source: the panel.
        draw: gives the endless training data of the windows that may be used.
        callbacks: Keras callbacks.

    Raises:
        TrainingError: no window can be cut, or the loss is not finite.
    """
    started = time.perf_counter()
    training = trainer.training
    index, validation = source.split(training.validation_windows, trainer.network.scaler.needs_scale)
    is_refitted = validation is not None and training.refit
    begin_fit(callbacks)
    solve_base(trainer.network, source, index)
    limit = TimeLimit(training.time_limit and training.time_limit / (2 if is_refitted else 1))
    notes = {"refit": "no", "device": device(), "devices": ", ".join(replicas.device_names())}
    notes["precision"] = used(training.precision, trainer.network)
    history, best_steps = run(trainer, draw(index), validation, training.steps, [limit, *callbacks])
    if limit.has_ended:
        notes["ended"] = f"by time_limit after {history[-1]['step']:.0f} of {training.steps} steps"
    if is_refitted:
        trainer.restart()
        index = source.all_windows()
        solve_base(trainer.network, source, index)
        run(trainer, draw(index), None, best_steps, callbacks)
        notes["refit"] = f"on all windows for {best_steps} steps"
    require_finite(trainer.network)
    return Learned(time.perf_counter() - started, index.count, best_steps, history, notes)


def run(
    trainer: WindowTrainer,
    batches: tf.data.Dataset,
    validation: tuple[np.ndarray, np.ndarray] | None,
    steps: int,
    callbacks: Sequence[Callback],
) -> tuple[list[dict[str, float]], int]:
    """Train for `steps` steps; return the history and the number of steps behind the weights that are kept."""
    training = trainer.training
    keras.utils.set_random_seed(training.seed)
    looks = steps // trainer.interval
    guards: list[Any] = [keras.callbacks.TerminateOnNaN()]
    if training.averaging:  # first, so that the others see, and keep, the average
        guards.insert(0, keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    scored, last = None, [KeepAverage()] if training.averaging and validation is None else []
    if validation is not None:
        best = keras.callbacks.EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)
        guards.append(best)
        scored = validation_batches(validation)
    with computing_in(training.precision, trainer.network):
        record = trainer.fit(
            batches,
            epochs=looks,
            steps_per_epoch=trainer.interval,
            validation_data=scored,
            callbacks=[*guards, *callbacks, *last],
            shuffle=False,
            verbose=0,
        )
    history = rows_of(record.history, trainer.interval)
    if not math.isfinite(history[-1]["loss"]):
        logger.warning("The loss was not finite after step %d; training ended there.", history[-1]["step"])
    kept = len(history) if validation is None else best.best_epoch + 1
    return history, kept * trainer.interval


def interval_of(training: Training) -> int:
    """Return the steps between two looks: as many as asked for, or fewer where these would not end with the steps.

    >>> interval_of(Training(steps=1200, validate_every=100)), interval_of(Training(steps=150, validate_every=100))
    (100, 75)
    """
    most = min(training.validate_every, training.steps)
    return max(range(most, (most - 1) // 2, -1), key=lambda steps: training.steps // steps * steps)


def adam(training: Training) -> keras.optimizers.Optimizer:
    """Return Adam with decoupled decay, clipping by global norm and a rate that warms up and decays along a cosine."""
    warmup = max(1, training.steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, training.steps - warmup), warmup_target=training.learning_rate, warmup_steps=warmup
    )
    return keras.optimizers.Adam(
        rate,
        weight_decay=training.weight_decay or None,  # a decay of 0 would be traced, and computed, for every variable
        global_clipnorm=training.clip_norm / replicas.count(),
        use_ema=training.averaging > 0,
        ema_momentum=training.averaging,
    )


def rows_of(history: dict[str, list[float]], interval: int) -> list[dict[str, float]]:
    """Return the Keras history as rows with the number of steps behind each."""
    count = len(next(iter(history.values()), []))
    return [
        {"step": float((i + 1) * interval), **{name: float(values[i]) for name, values in history.items()}}
        for i in range(count)
    ]


def require_finite(network: ForecastNetwork) -> None:
    """Raise when a weight is not a finite number."""
    for variable in network.weights:
        if not np.isfinite(np.asarray(variable)).all():
            raise TrainingError(
                f"Training diverged: the weight {variable.path} is not finite. Lower `learning_rate` or `clip_norm`.",
                code="diverged",
            )
