"""A network per token of the horizon, each reading the forecasts of those before."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.decoders.direct import Direct
from forecasting.layers.inputs import Inputs


class DirRec(Direct):
    """The networks of `Direct`; the k-th reads the context and the k - 1 forecast tokens after it.

    All are trained together, on what they forecast themselves.
    """

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]."""
        read, future, raw = self.tokens.past(inputs), self.tokens.future(inputs.known), []
        for token, (encoder, readout) in enumerate(zip(self.encoders, self.readouts, strict=True)):
            raw.append(readout(encoder(read, training=training).summary, future[:, token]))
            forecast = self.tokens.fed_back(self.head.point(raw[-1], inputs.scaled), future[:, token], inputs.static)
            read = ops.concatenate([read, forecast[:, None]], axis=1)
        return self.tokens.by_step(ops.stack(raw, axis=1))


#: The name under which `DECODERS` finds the class.
Layer = DirRec
