"""A model of the next token, fed with its own output, inside the graph."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops


class Decoder(keras.layers.Layer):
    """One recurrence over the known future whose state is `[forecast, summary, *encoder states]`.

    So the graph is as long as one step whatever the horizon, and a shorter forecast is a prefix of a
    longer one. It is trained on its own output, free running, over all H steps.

    Args:
        horizon: H.
        parameters: P, raw numbers per step; only a point can be fed back.
        segment: steps per token: a token's steps are forecast together and fed back together.
        calendar: reads the calendar of each step, where there is one.
    """

    def __init__(self, horizon: int, parameters: int, segment: int, calendar: Any, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.horizon = horizon
        self.segment = segment
        self.readout = keras.layers.Dense(segment * parameters, name="readout")
        self.calendar = calendar
        self.supports_jit = False  # A loop, as in the recurrent encoder.

    def call(self, summary: Any, states: list[Any], known: Any, *, encoder: Any, training: bool = False) -> Any:
        """Return raw numbers [B, H, 1] from the summary [B, D], the states and the known future [B, H, F]."""
        tokens = self.future_tokens(known)  # [T, B, segment * F]

        def next_token(carry: tuple[Any, ...], token: tuple[Any, Any]) -> tuple[Any, ...]:
            value, _, *states = carry
            before, here = token
            fed_back = ops.concatenate([value, ops.ones_like(value), before], axis=1)
            summary, states = encoder.step(fed_back, states, training=training)
            return self.read(summary, here), summary, *states

        values = self.read(summary, tokens[0])[None]  # [T, B, segment]
        if tokens.shape[0] > 1:
            rest, *_ = tf.scan(next_token, (tokens[:-1], tokens[1:]), (values[0], summary, *states))
            values = ops.concatenate([values, rest], axis=0)
        steps = tokens.shape[0] * self.segment
        return ops.reshape(ops.transpose(values, (1, 0, 2)), (-1, steps, 1))[:, : self.horizon]

    def future_tokens(self, known: Any) -> Any:
        """Return the known future [B, H, F], padded to whole tokens, as [T, B, segment * F]."""
        padding = -self.horizon % self.segment
        features = known.shape[2]
        padded = ops.pad(known, ((0, 0), (0, padding), (0, 0)))
        count = (self.horizon + padding) // self.segment
        tokens = ops.reshape(padded, (ops.shape(known)[0], count, self.segment * features))
        return ops.transpose(tokens, (1, 0, 2))

    def read(self, summary: Any, token: Any) -> Any:
        """Return the values [B, segment] of the token whose calendar is [B, segment * F]."""
        value = self.readout(summary)
        if not self.calendar:
            return value
        known = ops.reshape(token, (ops.shape(token)[0], self.segment, token.shape[1] // self.segment))
        return value + self.calendar(summary, known)[:, :, 0]
