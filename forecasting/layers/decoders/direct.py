"""A network per token of the horizon."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.decoders._core import Core
from forecasting.layers.decoders._plan import Plan
from forecasting.layers.inputs import Inputs


class Direct(Core):
    """As many encoders and readouts as the horizon has tokens: nothing is shared but the data.

    Training and answering take as many times longer. With segments of one season this is a handful of networks.
    """

    def __init__(self, plan: Plan, **kwargs: Any) -> None:
        super().__init__(plan, **kwargs)
        ahead = range(plan.tokens.ahead)
        self.encoders = [plan.encoder(f"encoder_{token}") for token in ahead]
        self.readouts = [plan.readout(plan.tokens.segment, f"readout_{token}") for token in ahead]
        self.supports_jit = self.encoders[0].supports_jit

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]."""
        past, future = self.tokens.past(inputs), self.tokens.future(inputs.known)
        raw = [
            readout(encoder(past, training=training).summary, future[:, token])
            for token, (encoder, readout) in enumerate(zip(self.encoders, self.readouts, strict=True))
        ]
        return self.tokens.by_step(ops.stack(raw, axis=1))


#: The name under which `DECODERS` finds the class.
Layer = Direct
