"""Direct: a network per token of the horizon, nothing shared between them."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.decoding.decoder import Decoder
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("width", "residual"), is_of_next_step="never")


class Direct(Decoder):
    """As many encoders and readouts as the horizon has tokens: nothing is shared but the data.

    Training and answering take as many times longer. With segments of one season this is a handful of networks.
    """

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(parts, **kwargs)
        ahead = range(parts.tokens.ahead)
        self.encoders = [parts.encoder(f"encoder_{token}") for token in ahead]
        self.readouts = [parts.readout(parts.tokens.segment, f"readout_{token}") for token in ahead]
        self.supports_jit = self.encoders[0].supports_jit

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        past, future = self.tokens.past(inputs), self.tokens.future(inputs.known)
        raw = [
            readout(encoder(past, training=training).summary, future[:, token])
            for token, (encoder, readout) in enumerate(zip(self.encoders, self.readouts, strict=True))
        ]
        return self.tokens.by_step(ops.stack(raw, axis=1))


#: The name under which `DECODINGS` finds the class.
Layer = Direct
