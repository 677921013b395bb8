"""Mixture density (Bishop 1994): a few normal distributions per step, for series that may go this way or that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.heads.distribution import Continuous, deviation_of
from forecasting.heads.numbers import shifted_at
from forecasting.heads.options import HeadConfig
from forecasting.heads.traits import HeadTraits
from forecasting.layers.inputs import Dice
from forecasting.layers.link import Link
from forecasting.layers.mixture import log_normal, mixture_quantiles
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=False, has_location=True)

#: The coldest draw: colder ones would divide by 0, and this one already is the likeliest component's mean.
COLDEST = 1e-6

#: A component is drawn from inside these levels: a share of chance that lies on its edge is no infinity.
EDGE = 1e-9


@dataclass(frozen=True)
class Config(HeadConfig):
    """Size of the mixture.

    Attributes:
        components: K, normal distributions per step.
    """

    components: int = 3

    def __post_init__(self) -> None:
        is_valid = is_count(self.components, 2) and self.components <= 32
        require(is_valid, "components", "an integer from 2 to 32", self.components)


class Head(Continuous):
    """Reads logit, mean and deviation of each of K components, in scaled units; P = 3 K.

    The means are raw numbers moved to even distances from -1 to 1, so that the components differ from the start.

    Args:
        task: see `Distribution`.
        link: see `NumberHead`.
        config: number of components.
    """

    traits = TRAITS

    def __init__(self, task: Task, link: Link | None = None, config: Config = Config(), **kwargs: Any) -> None:
        super().__init__(task, link, **kwargs)
        self.components = config.components
        self.parameters = 3 * config.components
        self.places = np.linspace(-1.0, 1.0, config.components)

    def parts(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log weights, means and deviations, each [B, S, K], of raw numbers [B, S, 3 K]."""
        logits, means, deviations = ops.split(raw, 3, axis=-1)
        log_weights = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
        return log_weights, means + self.places, deviation_of(deviations)

    def shifted(self, raw: Tensor, forecast: Tensor) -> Tensor:
        """Return raw numbers [B, S, 3 K] whose components all lie further on by a forecast [B, S] in scaled units."""
        return shifted_at(raw, forecast, slice(self.components, 2 * self.components))

    def log_density(self, raw: Tensor, z: Tensor) -> Tensor:
        """Return log sum_k w_k N(z; m_k, s_k) as [B, S]."""
        log_weights, means, deviations = self.parts(raw)
        return ops.logsumexp(log_weights + log_normal(z[..., None], means, deviations), axis=-1)

    def scaled_quantiles(self, raw: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles [B, S, Q] in scaled units at levels [Q] or [B, S, Q]."""
        log_weights, means, deviations = self.parts(raw)
        return mixture_quantiles(ops.exp(log_weights), means, deviations, levels)

    def draw(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return a value [B, S]: the chance chooses a component, and what is left of it the place therein.

        At a temperature (Ha & Schmidhuber 2018) logits are divided by it and variances multiplied.
        """
        log_weights, means, deviations = self.parts(raw)
        temperature = ops.cast(dice.temperature, "float64")
        log_weights = log_weights - ops.max(log_weights, axis=-1, keepdims=True)  # cold ones would sink to -infinity
        weights = ops.softmax(log_weights / ops.maximum(temperature, COLDEST), axis=-1)
        passed = ops.cumsum(weights, axis=-1) - weights  # below each component
        place = chance[..., None] * ops.sum(weights, axis=-1, keepdims=True)
        chosen = ops.sum(ops.cast(place >= passed, "int32"), axis=-1, keepdims=True) - 1

        def of_chosen(parts: Tensor) -> Tensor:
            return tf.gather(parts, chosen, batch_dims=2)[..., 0]

        left = (place[..., 0] - of_chosen(passed)) / ops.maximum(of_chosen(weights), 1e-300)
        away = tf.math.ndtri(ops.clip(left, EDGE, 1 - EDGE))
        return scaled.original(of_chosen(means) + ops.sqrt(temperature) * of_chosen(deviations) * away)
