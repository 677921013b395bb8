"""A network around another forecast: it learns what that one leaves."""

from __future__ import annotations

from typing import Any

import keras

from forecasting.layers.inputs import Inputs


class Around(keras.layers.Layer):
    """Moves the raw numbers of a core, which answers all steps at once, by a forecast.

    The network begins at the forecast, not at 0: what is easy is not learnt anew, and what is learnt is smaller.

    Args:
        core: layer from `Inputs` to raw numbers [B, H, P].
        base: a `Residual` layer; see `forecasting.layers.residuals`.
        head: reads the raw numbers, and knows which of them say where a step lies.
    """

    feeds_back = False

    def __init__(self, core: Any, base: Any, head: Any, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.core = core
        self.base = base
        self.head = head
        self.supports_jit = core.supports_jit and base.supports_jit

    @property
    def regression(self) -> Any:
        """What is solved in closed form before the rest is trained; None where nothing is."""
        return self.base.regression

    def build(self, input_shape: Any) -> None:
        """Do nothing: the layers inside make their weights in the first call."""
        self.built = True

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]."""
        inputs, forecast = self.base(inputs)
        return self.head.moved(self.core(inputs, training=training), forecast)
