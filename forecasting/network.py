"""The network of every model: scale the window, run the core, read the head, undo the scaling."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config import Task
from forecasting.heads import HEADS
from forecasting.layers.inputs import Dice, Inputs, Teacher
from forecasting.layers.scaling import Scaled, WindowScaler
from forecasting.model_spec import ModelSpec
from forecasting.models import MODELS


class ForecastNetwork(keras.Model):
    """From a context in original units to a forecast in original units.

    Baselines and networks differ in `core` alone, so saving, serving and batch have one path.

    Args:
        core: layer from `Inputs` to raw [B, H, P].
        scaler: a `WindowScaler`.
        head: layer that reads the raw numbers.
        task: shapes and levels.
    """

    def __init__(self, core: keras.layers.Layer, scaler: keras.layers.Layer, head: Any, task: Task) -> None:
        super().__init__(name="network", autocast=False)
        self.core = core
        self.scaler = scaler
        self.head = head
        self.task = task
        self.supports_jit = core.supports_jit

    def call(self, context: Any, known: Any, training: bool = False) -> Any:
        """Return the outputs of the head [B, H, Q] (float64): quantiles in original units, or probabilities.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
        """
        scaled = self.scaler(context)
        raw = self.core(Inputs(scaled.values, scaled.observed, known), training=training)
        return unscale(self.head(raw), scaled)

    def draw(self, context: Any, known: Any, dice: Dice) -> Any:
        """Return codes of symbols [B, H] (float64), drawn one after the other, each read as if it were observed.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
            dice: what decides.
        """
        scaled = self.scaler(context)
        raw = self.core(Inputs(scaled.values, scaled.observed, known, dice=dice), training=False)
        return ops.cast(self.head.point(raw), "float64")

    def training_loss(self, context: Any, known: Any, target: Any, progress: Any) -> Any:
        """Return the mean loss in scaled units, as it is trained.

        Missing targets count for nothing, and so do windows whose context is constant: they have no scale.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
            target: [B, H] float64, NaN where missing.
            progress: how far the training is, from 0 to 1, for decoders that are weaned off the truth.
        """
        scaled = self.scaler(context)
        truth, weight = scaled_target(target, scaled)
        inputs = Inputs(
            scaled.values, scaled.observed, known, Teacher(truth, weight, ops.convert_to_tensor(progress, "float32"))
        )
        return self.weighted(self.head.loss(self.core(inputs, training=True), truth), weight)

    def loss_and_error(self, context: Any, known: Any, target: Any) -> tuple[Any, Any]:
        """Return the loss of answers without the truth, and their mean error in original units (or share of misses)."""
        scaled = self.scaler(context)
        raw = self.core(Inputs(scaled.values, scaled.observed, known), training=False)
        truth, weight = scaled_target(target, scaled)
        value = self.head.value(unscale(self.head(raw), scaled))
        observed = ops.logical_not(ops.isnan(target))
        error = ops.where(observed, self.head.error(target, value), ops.zeros_like(target))
        return self.weighted(self.head.loss(raw, truth), weight), self.weighted(error, ops.cast(observed, error.dtype))

    @staticmethod
    def weighted(losses: Any, weight: Any) -> Any:
        """Return the mean of losses [B, H] where the weight [B, H] is 1; 0 where it is nowhere."""
        losses, weight = ops.cast(losses, "float64"), ops.cast(weight, "float64")
        return ops.sum(weight * losses) / ops.maximum(ops.sum(weight), 1.0)

    def create_weights(self) -> None:
        """Create all weights by running the network once on an empty context."""
        task = self.task
        self(
            np.zeros((1, task.context_length), "float64"),
            np.zeros((1, task.context_length + task.horizon, len(task.calendar)), "float32"),
        )


def scaled_target(target: Any, scaled: Scaled) -> tuple[Any, Any]:
    """Return the target [B, H] in scaled units, 0 where it says nothing, and 1 where it says something, float32.

    Selected, not multiplied: relative to the scale of a constant context a target may be infinite.
    """
    usable = ops.logical_and(ops.logical_not(ops.isnan(target)), scaled.varies > 0)
    distance = ops.where(usable, (target - scaled.center) / scaled.scale, ops.zeros_like(target))
    return ops.cast(distance, "float32"), ops.cast(usable, "float32")


def unscale(values: Any, scaled: Scaled) -> Any:
    """Return values [B, H, Q] in original units."""
    return scaled.center[:, :, None] + scaled.scale[:, :, None] * ops.cast(values, "float64")


def build_network(spec: ModelSpec, task: Task, seed: int | None = None) -> ForecastNetwork:
    """Build the network of a model with its weights created.

    Args:
        spec: the model and its choices.
        task: shapes and levels.
        seed: where given, Keras's, NumPy's and Python's global random numbers are seeded with it: weights are
            drawn from them. A model that is loaded draws none that stay.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    head = HEADS.load(spec.head).Head(task.quantile_levels, task.symbols, name="head")
    core = MODELS.load(spec.model).build(spec.config, task, head)
    network = ForecastNetwork(core, WindowScaler(spec.scaling, name="scaler"), head, task)
    network.create_weights()
    return network
