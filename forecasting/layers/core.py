"""The base of all cores: what a model computes between a scaled window and the numbers its head reads."""

from __future__ import annotations

from abc import ABC, abstractmethod

import keras

from forecasting.errors import ConfigError
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor


class Core(keras.layers.Layer, ABC):
    """A layer from `Inputs` to raw numbers [B, H, P].

    Attributes:
        feeds_back: whether the raw numbers of a step are given the true step before. Then values can be drawn one after
            the other: inputs with dice give paths [B, N, H] in original units instead of raw numbers.
    """

    feeds_back: bool = False

    @abstractmethod
    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""

    @property
    def regression(self) -> keras.Layer | None:
        """The `LinearAutoregression` that is solved before the rest is trained; None where there is none."""
        return None

    def attention_weights(self, inputs: Inputs) -> Tensor:
        """Return the weights [B, T', T] of each token ahead over each token of the context.

        Raises:
            ConfigError: it has no attention.
        """
        text = f"{type(self).__name__} has no attention."
        raise ConfigError(text, code="no_attention", field="attention")
