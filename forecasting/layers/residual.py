"""Residual learning: the network predicts the error of a base forecast."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import keras

from forecasting.layers.core import Core
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor

if TYPE_CHECKING:
    from forecasting.layers.linear import LinearAutoregression


class BaseForecast(keras.layers.Layer, ABC):
    """Base of the forecasts whose error a network may learn.

    `supports_jit` says whether XLA pays.
    """

    @abstractmethod
    def call(self, inputs: Inputs) -> tuple[Inputs, Tensor]:
        """Return what the network reads instead of the inputs, and the forecast [B, H] in scaled units, float64."""

    @property
    def regression(self) -> LinearAutoregression | None:
        """What is solved in closed form before the network is trained; None where nothing is."""
        return None


class ResidualCore(Core):
    """Shifts the raw numbers of a core, which answers all steps at once, by a base forecast.

    The network begins at the forecast, not at 0: what is easy is not learnt anew, and what is learnt is smaller.

    Args:
        core: predicts the error of the base forecast.
        base: a forecast of `forecasting.layers.residuals`.
        head: reads the raw numbers, and knows which of them say where a step lies.
    """

    def __init__(self, core: Core, base: BaseForecast, head: keras.Layer, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.core = core
        self.base = base
        self.head = head
        self.supports_jit = core.supports_jit and base.supports_jit

    @property
    def regression(self) -> LinearAutoregression | None:
        """What is solved in closed form of the base forecast."""
        return self.base.regression

    def build(self, input_shape: Any) -> None:
        """Do nothing: the layers inside make their weights in the first call."""
        self.built = True

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        inputs, forecast = self.base(inputs)
        return self.head.shifted(self.core(inputs, training=training), forecast)
