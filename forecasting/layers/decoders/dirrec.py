"""DirRec (Sorjamaa & Lendasse 2006): a network per token of the horizon, each reading the forecasts before."""

from __future__ import annotations

from keras import ops

from forecasting.layers.decoders.direct import Direct
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("width",), is_of_next_step="never")


class DirRec(Direct):
    """The networks of `Direct`; the k-th reads the context and the k - 1 forecast tokens after it.

    All are trained together, on what they forecast themselves.
    """

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        read, future, raw = self.tokens.past(inputs), self.tokens.future(inputs.known), []
        for token, (encoder, readout) in enumerate(zip(self.encoders, self.readouts, strict=True)):
            raw.append(readout(encoder(read, training=training).summary, future[:, token]))
            forecast = self.tokens.fed_back(self.head.point(raw[-1], inputs.scaled), future[:, token], inputs.static)
            read = ops.concatenate([read, forecast[:, None]], axis=1)
        return self.tokens.by_step(ops.stack(raw, axis=1))


#: The name under which `DECODINGS` finds the class.
Layer = DirRec
