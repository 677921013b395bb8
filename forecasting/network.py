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
from forecasting.layers.statics import StaticReader
from forecasting.model_spec import ModelSpec
from forecasting.models import MODELS


class ForecastNetwork(keras.Model):
    """From a context in original units to a forecast in original units.

    Baselines and networks differ in `core` alone, so saving, serving and batch have one path.

    Args:
        core: layer from `Inputs` to raw [B, H, P].
        scaler: a `WindowScaler`.
        statics: a `StaticReader`.
        head: layer that reads the raw numbers.
        task: shapes and levels.
    """

    def __init__(self, core: Any, scaler: Any, statics: Any, head: Any, task: Task) -> None:
        super().__init__(name="network", autocast=False)
        self.core = core
        self.scaler = scaler
        self.statics = statics
        self.head = head
        self.task = task
        self.supports_jit = core.supports_jit

    def call(self, context: Any, known: Any, statics: Any = None, training: bool = False) -> Any:
        """Return the outputs of the head [B, H, Q] (float64): quantiles in original units, or probabilities.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
            statics: [B, K] float32, codes of the static covariates; may be left out where there are none.
        """
        scaled = self.scaler(context)
        raw = self.core(self.inputs_of(scaled, known, statics), training=training)
        return unscale(self.head(raw), scaled)

    def inputs_of(self, scaled: Scaled, known: Any, statics: Any, training: bool = False, **beside: Any) -> Inputs:
        """Return what the core reads of a scaled window, with a `teacher` or `dice` where one is given."""
        nothing = known[:, 0, :0]
        static = nothing if statics is None else self.statics(statics, training=training)
        return Inputs(scaled.values, scaled.observed, known, static, **beside)

    def draw(self, context: Any, known: Any, statics: Any, dice: Dice) -> Any:
        """Return codes of symbols [B, H] (float64), drawn one after the other, each read as if it were observed.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
            statics: [B, K] float32.
            dice: what decides.
        """
        raw = self.core(self.inputs_of(self.scaler(context), known, statics, dice=dice), training=False)
        return ops.cast(self.head.point(raw), "float64")

    def attention_weights(self, context: Any, known: Any, statics: Any) -> Any:
        """Return the weights [B, T', T] of each token ahead over each token of the context; arguments as in `call`."""
        return self.core.attention_weights(self.inputs_of(self.scaler(context), known, statics))

    def training_loss(self, context: Any, known: Any, target: Any, statics: Any, progress: Any) -> Any:
        """Return the mean loss in scaled units, as it is trained.

        Missing targets count for nothing, and so do windows whose context is constant: they have no scale.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
            target: [B, H] float64, NaN where missing.
            statics: [B, K] float32.
            progress: how far the training is, from 0 to 1, for decoders that are weaned off the truth.
        """
        scaled = self.scaler(context)
        truth, weight = scaled_target(target, scaled)
        teacher = Teacher(truth, weight, ops.convert_to_tensor(progress, "float32"))
        inputs = self.inputs_of(scaled, known, statics, training=True, teacher=teacher)
        return self.mean_loss(self.core(inputs, training=True), truth, weight)

    def loss_and_error(self, context: Any, known: Any, target: Any, statics: Any) -> tuple[Any, Any]:
        """Return the loss of answers without the truth, and their mean error in original units (or share of misses)."""
        scaled = self.scaler(context)
        raw = self.core(self.inputs_of(scaled, known, statics), training=False)
        truth, weight = scaled_target(target, scaled)
        value = self.head.value(unscale(self.head(raw), scaled))
        observed = ops.logical_not(ops.isnan(target))
        error = ops.where(observed, self.head.error(target, value), ops.zeros_like(target))
        return self.mean_loss(raw, truth, weight), weighted_mean(error, observed)

    def mean_loss(self, raw: Any, truth: Any, weight: Any) -> Any:
        """Return the head's mean loss of raw numbers [B, H, P] where the weight [B, H] of the truth is 1."""
        return weighted_mean(self.head.loss(raw, ops.cast(truth, raw.dtype)), weight)

    def create_weights(self) -> None:
        """Create all weights by running the network once on an empty context."""
        task = self.task
        self(
            np.zeros((1, task.context_length), "float64"),
            np.zeros((1, task.context_length + task.horizon, len(task.calendar)), "float32"),
            np.zeros((1, len(task.static_covariates)), "float32"),
        )


def scaled_target(target: Any, scaled: Scaled) -> tuple[Any, Any]:
    """Return the target [B, H] in scaled units, 0 where it says nothing, and 1 where it says something, float32.

    Selected, not multiplied: relative to the scale of a constant context a target may be infinite.
    """
    usable = ops.logical_and(ops.logical_not(ops.isnan(target)), scaled.varies > 0)
    distance = ops.where(usable, (target - scaled.center) / scaled.scale, ops.zeros_like(target))
    return ops.cast(distance, "float32"), ops.cast(usable, "float32")


def weighted_mean(values: Any, weight: Any) -> Any:
    """Return the mean (float64) of values [B, H] where the weight [B, H] is 1 or true; 0 where it is nowhere."""
    values, weight = ops.cast(values, "float64"), ops.cast(weight, "float64")
    return ops.sum(weight * values) / ops.maximum(ops.sum(weight), 1.0)


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
    scaler, statics = WindowScaler(spec.scaling, name="scaler"), StaticReader(task, name="statics")
    network = ForecastNetwork(core, scaler, statics, head, task)
    network.create_weights()
    return network
