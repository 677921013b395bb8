"""Recursive: a model of the next token, fed with its own output, inside the graph."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from forecasting.layers.decoding.decoder import Decoder
from forecasting.layers.decoding.feeding import Feedback, Steps, branched, steps_of
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("width", "forcing"), is_of_next_step="always")


class Recursive(Decoder):
    """One recurrence over the known future whose state is `[forecast, *encoder states]`.

    So the graph is as long as one step whatever the horizon, and a shorter forecast is a prefix of a
    longer one. A token's steps are forecast together and fed back together; drawn ones are independent of each other.
    """

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(parts, **kwargs)
        self.forcing = parts.config.forcing
        self.encoder = parts.encoder("encoder")
        self.readout = parts.readout(parts.tokens.segment, "readout")
        self.coins = keras.random.SeedGenerator(name="coins")
        self.supports_jit = False  # A loop, as in the recurrent encoders.

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]; with dice, paths [B, N, H] of values, each read before the next is drawn."""
        paths = inputs.paths
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        inputs, (summary, states) = branched(inputs, (encoded.summary, list(encoded.states)))
        steps = steps_of(inputs, self.tokens, self.forcing, self.coins)
        feedback = Feedback(self.head, inputs)

        def next_token(carry: tuple[Tensor, ...], step: Steps) -> tuple[Tensor, ...]:
            kept, *states = carry
            token = self.tokens.fed_back(step.fed(feedback.fed(kept)), step.before, inputs.static)
            summary, states = self.encoder.step(token, states, training=training)
            return feedback.kept(self.readout(summary, step.here), step), *states

        first = feedback.kept(self.readout(summary, steps.here[0]), steps.first)
        kept = first[None]  # [T', B, S, ...]
        if self.tokens.ahead > 1:
            rest, *_ = tf.scan(next_token, steps.later, (first, *states))
            kept = ops.concatenate([kept, rest], axis=0)
        return feedback.by_step(kept, self.tokens, paths)


#: The name under which `DECODINGS` finds the class.
Layer = Recursive
