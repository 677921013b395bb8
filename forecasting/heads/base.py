"""The base of all heads: what a network's last numbers mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import keras

from forecasting.heads.traits import HeadTraits
from forecasting.layers.inputs import Dice
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor


class BaseHead(keras.layers.Layer, ABC):
    """A layer without weights from raw numbers [B, S, P] to outputs [B, S, Q].

    What raw numbers mean may depend on the window, so everything takes its `Scaled` too.

    Attributes:
        traits: what the head is.
        draw_options: fields of `Dice` that mean something in draws.
        degree: the loss grows with this power of the errors.
        parameters: P.
        link: keeps numbers within the bounds of the task; None where there are none.
    """

    traits: ClassVar[HeadTraits]
    draw_options: ClassVar[tuple[str, ...]] = ()
    degree: int = 1
    parameters: int
    link: Link | None

    @abstractmethod
    def call(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return outputs [B, S, Q] in original units, float64.

        They are quantiles that never cross (Q = 1 for a point), or the probabilities of K symbols.
        """

    @abstractmethod
    def value(self, outputs: Tensor) -> Tensor:
        """Return the number [...] of outputs [..., Q] that the forecast column shows: a median, or a symbol's code."""

    @abstractmethod
    def error(self, target: Tensor, value: Tensor) -> Tensor:
        """Return how far a value is from what happened, both [...]."""

    @abstractmethod
    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return the loss [B, S] of targets [B, S] in original units."""

    @abstractmethod
    def point(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return the scaled number [B, S], or the code of a symbol, that a decoder feeds back."""

    def drawn(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return a value [B, S] in original units drawn by the chance [B, S], uniform between 0 and 1."""
        raise self.lacks("is no distribution and has no symbols, and cannot be drawn from")

    def shifted(self, raw: Tensor, forecast: Tensor) -> Tensor:
        """Return raw numbers that say the same of steps further on by a forecast [B, S] in scaled units."""
        raise self.lacks("has no location, to which a forecast could be added")

    def raw_of(self, numbers: Tensor) -> Tensor:
        """Return the raw numbers [B, S, P] behind scaled numbers, or probabilities, [B, S, Q]."""
        raise self.lacks("does not go with a model that computes its outputs itself")

    def lacks(self, what: str) -> TypeError:
        """Return the error of a head that is asked for what its traits deny."""
        return TypeError(f"Head {type(self).__module__.rpartition('.')[2]} {what}: {self.traits}.")
