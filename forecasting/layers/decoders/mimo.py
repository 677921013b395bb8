"""Multiple input, multiple output: one network answers all steps at once."""

from __future__ import annotations

from typing import Any

from forecasting.layers.decoding.decoder import Decoder
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("width", "residual"), is_of_next_step="never")


class Mimo(Decoder):
    """Encodes the context and reads all H steps from the summary."""

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(parts, **kwargs)
        self.encoder = parts.encoder("encoder")
        self.readout = parts.readout(parts.tokens.horizon, "readout")
        self.supports_jit = self.encoder.supports_jit

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        return self.readout(encoded.summary, inputs.known[:, -self.tokens.horizon :])


#: The name under which `DECODINGS` finds the class.
Layer = Mimo
