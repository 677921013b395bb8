"""The network of one model: scale the window, run the core, read the head, undo the scaling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.data.windows import PanelArrays
from forecasting.heads.base import BaseHead
from forecasting.heads.numbers import LARGEST_ERROR
from forecasting.layers.core import Core
from forecasting.layers.covariates import CovariateReaders
from forecasting.layers.inputs import Dice, Inputs, Teacher
from forecasting.layers.paths import common_dice, quantiles_of_paths
from forecasting.layers.scaling import Scaled, WindowScaler
from forecasting.layers.statics import StaticReader
from forecasting.layers.tensor import Tensor

#: Weights of a batch below this are as good as none.
SMALLEST_WEIGHT = 1e-12

#: From a context [B, L] and its `Scaled` to how much each window counts, [B, 1].
Weigh = Callable[[Any, Scaled], Any]


class ForecastNetwork(keras.Model):
    """From a context in original units to a forecast in original units.

    Baselines and networks differ in `core` alone, so saving, serving and batch have one path.

    Args:
        core: layer from `Inputs` to raw [B, H, P].
        scaler: a `WindowScaler`.
        statics: a `StaticReader`.
        covariates: a `CovariateReaders`.
        head: layer that reads the raw numbers.
        task: shapes and levels.
    """

    def __init__(
        self,
        core: Core,
        scaler: WindowScaler,
        statics: StaticReader,
        covariates: CovariateReaders,
        head: BaseHead,
        task: Task,
    ) -> None:
        super().__init__(name="network", autocast=False)
        self.core = core
        self.scaler = scaler
        self.statics = statics
        self.covariates = covariates
        self.head = head
        self.task = task
        self.supports_jit = core.supports_jit
        #: Whether the quantiles are those of paths, because those of a step are given the step before.
        self.draws_paths = head.traits.is_distribution and core.feeds_back

    def build(self, *shapes: Any) -> None:
        """Do nothing: the layers inside make their weights in the first call, which `create_weights` makes."""
        self.built = True

    def adapt(self, statics: np.ndarray, arrays: PanelArrays) -> None:
        """Take means and deviations of covariates, and that of the values where all share one, from training rows.

        Args:
            statics: [S, K] codes of the static covariates of the training series.
            arrays: the training rows.
        """
        self.scaler.adapt(arrays.y, arrays.first)
        self.statics.adapt(statics)
        self.covariates.adapt(arrays.known)

    def call(self, context: Tensor, known: Tensor, statics: Tensor = None, training: bool = False) -> Tensor:
        """Return the outputs of the head [B, H, Q] (float64): quantiles in original units, or probabilities.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F + C]; see `Gather`.
            statics: [B, K] float32, codes of the static covariates; may be left out where there are none.
        """
        scaled = self.scaler(context)
        if not self.draws_paths:
            return self.head(self.core(self.inputs_of(scaled, known, statics), training=training), scaled)
        dice = common_dice(ops.shape(context)[0], self.task.horizon)
        paths = self.core(self.inputs_of(scaled, known, statics, dice=dice), training=False)
        return quantiles_of_paths(paths, self.head.levels, self.head.traits.is_whole)

    def inputs_of(
        self,
        scaled: Scaled,
        known: Tensor,
        statics: Tensor,
        training: bool = False,
        *,
        teacher: Teacher | None = None,
        dice: Dice | None = None,
    ) -> Inputs:
        """Return what the core reads of a scaled window: of one to learn from, to draw from, or to answer."""
        known, past = self.covariates(known, context_length=scaled.values.shape[1], training=training)
        static = known[:, 0, :0] if statics is None else self.statics(statics, training=training)
        return Inputs(scaled.values, scaled.observed, known, static, teacher, dice, scaled, past)

    def draw(self, context: Tensor, known: Tensor, statics: Tensor, dice: Dice) -> Tensor:
        """Return paths [B, N, H] (float64): values or codes drawn one by one, each read as if it were observed.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F + C]; see `Gather`.
            statics: [B, K] float32.
            dice: what decides.
        """
        return self.core(self.inputs_of(self.scaler(context), known, statics, dice=dice), training=False)

    def attention_weights(self, context: Tensor, known: Tensor, statics: Tensor) -> Tensor:
        """Return the weights [B, T', T] of each token ahead over each token of the context; arguments as in `call`."""
        return self.core.attention_weights(self.inputs_of(self.scaler(context), known, statics))

    def training_loss(
        self,
        context: Tensor,
        known: Tensor,
        target: Tensor,
        statics: Tensor,
        progress: Tensor,
        weigh: Weigh | None = None,
    ) -> Tensor:
        """Return the mean loss of the head, as it is trained.

        Missing targets count for nothing, and so do windows whose context is constant: they have no scale.

        Args:
            context: [B, L] float64, NaN where missing.
            known: [B, L + H, F + C]; see `Gather`.
            target: [B, H] float64, NaN where missing.
            statics: [B, K] float32.
            progress: how far the training is, from 0 to 1, for decoders that are weaned off the truth.
            weigh: how much each window counts; all the same where None.
        """
        scaled = self.scaler(context)
        teacher = teacher_of(target, scaled, progress)
        inputs = self.inputs_of(scaled, known, statics, training=True, teacher=teacher)
        weight = self.window_weight(context, scaled, weigh)
        return self.mean_loss(self.core(inputs, training=True), scaled, target, weight)

    def loss_and_error(
        self, context: Tensor, known: Tensor, target: Tensor, statics: Tensor, weigh: Weigh | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the loss of answers without the truth, and their mean error in original units (or share of misses).

        Only the likelihood of a distribution of the next step is given the true step before: it has no other.
        """
        scaled = self.scaler(context)
        inputs = self.inputs_of(scaled, known, statics)
        raw = self.core(inputs, training=False)
        value = scaled.original(self.head.point(raw, scaled))
        observed = ops.logical_not(ops.isnan(target))
        error = ops.where(observed, self.head.error(target, value), ops.zeros_like(target))
        if self.draws_paths:
            raw = self.core(inputs._replace(teacher=teacher_of(target, scaled, 1.0)), training=False)
        weight = self.window_weight(context, scaled, weigh)
        return self.mean_loss(raw, scaled, target, weight), weighted_mean(error, observed)

    def mean_loss(self, raw: Tensor, scaled: Scaled, target: Tensor, weight: Tensor = None) -> Tensor:
        """Return the head's mean loss of raw numbers [B, H, P], where the target [B, H] says something.

        Windows count by their weight [B, 1], where it is given.
        """
        usable = is_usable(target, scaled)
        filled = ops.where(usable, target, scaled.original(ops.zeros_like(target)))
        loss = self.head.loss(raw, scaled, filled)
        usable = ops.cast(usable, "float64")
        return weighted_mean(loss, usable if weight is None else usable * weight)

    def loss_weight(
        self, context: Tensor, known: Tensor, target: Tensor, statics: Tensor, weigh: Weigh | None = None
    ) -> Tensor:
        """Return the sum of the weights that the loss is a mean by (float64); arguments as `training_loss`."""
        scaled = self.scaler(context)
        usable, weight = ops.cast(is_usable(target, scaled), "float64"), self.window_weight(context, scaled, weigh)
        return ops.sum(usable if weight is None else usable * weight)

    def window_weight(self, context: Tensor, scaled: Scaled, weigh: Weigh | None) -> Tensor:
        """Return how much each window [B, 1] counts in a loss of the head's degree; None where all are the same."""
        return None if weigh is None else weigh(context, scaled) ** self.head.degree

    def create_weights(self) -> None:
        """Create all weights by running the network once on an empty context."""
        task = self.task
        self(
            np.zeros((1, task.context_length), "float64"),
            np.zeros((1, task.context_length + task.horizon, task.columns), task.columns_dtype),
            np.zeros((1, len(task.static_covariates)), "float32"),
        )


def is_usable(target: Tensor, scaled: Scaled) -> Tensor:
    """Return where the target [B, H] says something: it is observed, and the context has a scale."""
    return ops.logical_and(ops.logical_not(ops.isnan(target)), scaled.varies > 0)


def scaled_target(target: Tensor, scaled: Scaled) -> tuple[Tensor, Tensor]:
    """Return the target [B, H] in scaled units, 0 where it says nothing, and 1 where it says something, float32.

    Selected, not multiplied: relative to the scale of a constant context a target may be infinite.
    """
    usable = is_usable(target, scaled)
    distance = ops.where(usable, scaled.relative(target), ops.zeros_like(target))
    distance = ops.clip(distance, -LARGEST_ERROR, LARGEST_ERROR)
    return ops.cast(distance, "float32"), ops.cast(usable, "float32")


def teacher_of(target: Tensor, scaled: Scaled, progress: Tensor) -> Teacher:
    """Return the truth [B, H] as a decoder may be fed it, at a point of the training."""
    return Teacher(*scaled_target(target, scaled), ops.convert_to_tensor(progress, "float32"))


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean (float64) of values [B, H] by weights [B, H], truths or numbers from 0 on; 0 where all are 0."""
    values, weight = ops.cast(values, "float64"), ops.cast(weight, "float64")
    return ops.sum(weight * values) / ops.maximum(ops.sum(weight), SMALLEST_WEIGHT)
