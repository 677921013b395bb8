"""One network, all steps at once."""

from __future__ import annotations

from typing import Any

from forecasting.layers.decoders._core import Core
from forecasting.layers.decoders._plan import Plan
from forecasting.layers.inputs import Inputs


class Mimo(Core):
    """Encodes the context and reads all H steps from the summary."""

    def __init__(self, plan: Plan, **kwargs: Any) -> None:
        super().__init__(plan, **kwargs)
        self.encoder = plan.encoder("encoder")
        self.readout = plan.readout(plan.tokens.horizon, "readout")
        self.supports_jit = self.encoder.supports_jit

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]."""
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        return self.readout(encoded.summary, inputs.known[:, -self.tokens.horizon :])


#: The name under which `DECODERS` finds the class.
Layer = Mimo
