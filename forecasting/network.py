"""The network of every model: scale the window, run the core, read the head, undo the scaling."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config import Task
from forecasting.heads import HEADS
from forecasting.layers.scaling import WindowScaler
from forecasting.model_spec import ModelSpec
from forecasting.models import MODELS


class ForecastNetwork(keras.Model):
    """From a context in original units to a forecast in original units.

    Baselines and networks differ in `core` alone, so saving, serving and batch have one path.

    Args:
        core: layer from scaled values [B, L], observed [B, L] and known [B, L + H, F] to raw [B, H, P].
        scaler: a `WindowScaler`.
        head: name of the head that reads the raw numbers.
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
        """Return the quantiles [B, H, Q] (float64, original units; Q = 1 for a point head).

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F] float32.
        """
        scaled = self.scaler(context)
        raw = self.core(scaled.values, scaled.observed, known, training=training)
        return unscale(self.head(raw), scaled)

    def loss_and_error(self, context: Any, known: Any, target: Any, training: bool) -> tuple[Any, Any]:
        """Return the mean loss in scaled units, and the mean absolute error of the median in original units.

        Missing targets count for nothing, and so do windows whose context is constant: they have no scale.
        """
        scaled = self.scaler(context)
        raw = self.core(scaled.values, scaled.observed, known, training=training)
        missing = ops.isnan(target)
        usable = ops.logical_and(ops.logical_not(missing), scaled.varies > 0)
        # Selected, not multiplied: relative to the scale of a constant context a target may be infinite.
        distance = ops.where(usable, (target - scaled.center) / scaled.scale, ops.zeros_like(target))
        weight = ops.cast(usable, "float64")
        losses = ops.cast(self.head.loss(raw, ops.cast(distance, raw.dtype)), "float64")
        total = ops.maximum(ops.sum(weight), 1.0)
        median = unscale(self.head(raw), scaled)[:, :, self.median]
        error = ops.where(missing, ops.zeros_like(target), ops.abs(target - median))
        return ops.sum(weight * losses) / total, ops.sum(error) / ops.maximum(
            ops.sum(1.0 - ops.cast(missing, "float64")), 1.0
        )

    @property
    def median(self) -> int:
        """Position of the median among the Q outputs."""
        return self.task.quantile_levels.index(0.5) if self.task.quantile_levels else 0

    def create_weights(self) -> None:
        """Create all weights by running the network once on an empty context."""
        task = self.task
        self(
            np.zeros((1, task.context_length), "float64"),
            np.zeros((1, task.context_length + task.horizon, len(task.calendar)), "float32"),
        )


def unscale(values: Any, scaled: Any) -> Any:
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
    head = HEADS.load(spec.head).Head(task.quantile_levels, name="head")
    core = MODELS.load(spec.model).build(spec.config, task, head.parameters)
    network = ForecastNetwork(core, WindowScaler(spec.scaling, name="scaler"), head, task)
    network.create_weights()
    return network
