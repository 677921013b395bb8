"""A model of the next token, fed with its own output, inside the graph."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from forecasting.layers.decoders._core import Core
from forecasting.layers.decoders._feeding import Steps, steps_of
from forecasting.layers.decoders._plan import Plan
from forecasting.layers.inputs import Inputs


class Recursive(Core):
    """One recurrence over the known future whose state is `[forecast, *encoder states]`.

    So the graph is as long as one step whatever the horizon, and a shorter forecast is a prefix of a
    longer one. A token's steps are forecast together and fed back together.
    """

    def __init__(self, plan: Plan, **kwargs: Any) -> None:
        super().__init__(plan, **kwargs)
        self.forcing = plan.config.forcing
        self.encoder = plan.encoder("encoder")
        self.readout = plan.readout(plan.tokens.segment, "readout")
        self.coins = keras.random.SeedGenerator(name="coins")
        self.supports_jit = False  # A loop, as in the recurrent encoders.

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]; with dice, raw numbers whose point is the symbol drawn."""
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        steps = steps_of(inputs, self.tokens, self.forcing, self.coins)

        def decided(raw: Any, step: Steps) -> Any:
            return self.head.drawn(raw, step.noise, inputs.dice.top_k) if inputs.dice else raw

        def next_token(carry: tuple[Any, ...], step: Steps) -> tuple[Any, ...]:
            raw, *states = carry
            token = self.tokens.fed_back(step.fed(self.head.point(raw)), step.before, inputs.static)
            summary, states = self.encoder.step(token, states, training=training)
            return decided(self.readout(summary, step.here), step), *states

        first = decided(self.readout(encoded.summary, steps.here[0]), steps.first)
        raw = first[None]  # [T', B, S, P]
        if self.tokens.ahead > 1:
            rest, *_ = tf.scan(next_token, steps.later, (first, *encoded.states))
            raw = ops.concatenate([raw, rest], axis=0)
        return self.tokens.by_step(ops.transpose(raw, (1, 0, 2, 3)))


#: The name under which `DECODERS` finds the class.
Layer = Recursive
