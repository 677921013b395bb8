"""Symbols: a probability for each of K, by the cross entropy."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.heads.base import BaseHead
from forecasting.heads.traits import HeadTraits
from forecasting.layers.inputs import Dice
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=True, has_quantiles=False, is_distribution=False, is_whole=False, has_location=False)

#: Probabilities below this have no finite logarithm in float32.
SMALLEST = 1e-30

#: The coldest draw: colder ones would divide by 0, and this one already is the most probable symbol.
COLDEST = 1e-6


class Head(BaseHead):
    """Reads K logits per step; P = Q = K. Targets and points are codes 0 to K - 1, which are never scaled.

    Args:
        task: has an alphabet of symbols, and no quantile levels: symbols have no order.
        link: must be None: symbols have no bounds.

    Raises:
        ConfigError: there are quantile levels, or no symbols.
    """

    traits = TRAITS

    draw_options = ("temperature", "top_k")

    def __init__(self, task: Task, link: Link | None = None, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if task.quantile_levels:
            raise ConfigError(f"Symbols have no quantiles. Got {task.quantile_levels}.", field="quantile_levels")
        if not task.symbols:
            raise ConfigError("A categorical head needs the `symbols` of the task. Got none.", field="symbols")
        self.link = None
        self.parameters = len(task.symbols)

    def call(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Turn logits [B, S, K] into probabilities [B, S, K]."""
        return ops.cast(ops.softmax(raw, axis=2), "float64")

    def raw_of(self, outputs: Tensor) -> Tensor:
        """Return logits [B, S, K] of probabilities [B, S, K]."""
        return ops.log(ops.maximum(outputs, SMALLEST))

    def point(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return the code [B, S] of the largest of the logits [B, S, K], which a decoder feeds back."""
        return ops.cast(ops.argmax(raw, axis=-1), raw.dtype)

    def drawn(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return codes [B, S] drawn at the temperature among the `top_k` largest logits and those that tie with them.

        The code is the first one up to which the probabilities sum to more than the chance.
        """
        ordered = ops.sort(raw, axis=-1)
        least = ops.take(ordered, [self.parameters - dice.top_k], axis=-1)
        logits = ops.cast(raw - ops.max(raw, axis=-1, keepdims=True), "float64")
        cold = logits / ops.maximum(ops.cast(dice.temperature, "float64"), COLDEST)
        shares = ops.softmax(ops.where(raw >= least, cold, ops.full_like(cold, -float("inf"))), axis=-1)
        reached = ops.cumsum(shares, axis=-1)
        # relative to what the sum is in floating point, so that the last symbol with a share is never passed
        passed = chance[..., None] * reached[..., -1:] >= reached
        return ops.cast(ops.sum(ops.cast(passed, "int32"), axis=-1), "float64")

    def value(self, outputs: Tensor) -> Tensor:
        """Return the code [...] of the most probable symbol of outputs [..., K]."""
        return ops.cast(ops.argmax(outputs, axis=-1), "float64")

    def error(self, target: Tensor, value: Any) -> Tensor:
        """Return 1 [...] where the symbol is another one, 0 where it is the same."""
        return ops.cast(ops.not_equal(target, value), "float64")

    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return the cross entropy -log p(target) as [B, S]; `target` [B, S] holds codes."""
        return ops.sparse_categorical_crossentropy(ops.cast(target, "int32"), raw, from_logits=True)
