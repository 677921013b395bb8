"""Encoder-decoder (Sutskever, Vinyals & Le 2014; Cho et al. 2014): a second recurrence unrolls the horizon."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from forecasting.layers.attention import ATTENTIONS
from forecasting.layers.decoding.decoder import Decoder
from forecasting.layers.decoding.feeding import Feedback, Steps, branched, steps_of
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.encoders.recurrent import as_list
from forecasting.layers.inputs import Inputs
from forecasting.layers.recurrent import CELLS
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("forcing", "attention"), is_of_next_step="forced")


class Seq2Seq(Decoder):
    """A decoder cell reads, for each token of the horizon, the token before, the features and a context.

    Without attention the context is the encoder's summary at every step (Cho et al. 2014). With attention it is
    the mean of what was remembered of each past token, weighted anew at every step by a query, the decoder's
    state before the step (Bahdanau et al. 2015). The first state is tanh of a dense layer over the summary.
    """

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(parts, **kwargs)
        config = parts.config
        self.forcing = config.forcing
        self.encoder = parts.encoder("encoder")
        self.cell = CELLS.load(parts.cell).Layer(config.units, name="decoder").cell
        self.start = keras.layers.Dense(config.units, "tanh", name="start")
        self.attention = ATTENTIONS.load(config.attention).Attention(config.units, name="attention")
        self.readout = keras.layers.Dense(parts.tokens.segment * parts.head.parameters, name="readout")
        self.coins = keras.random.SeedGenerator(name="coins")
        self.supports_jit = False  # A loop, as in the recurrent encoders.

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]; with dice, paths [B, N, H] of values, each read before the next is drawn."""
        return self.unroll(inputs, training)[0]

    def attention_weights(self, inputs: Inputs) -> Tensor:
        """Return the attention weights [B, T', T] of each token of the horizon over the tokens of the context."""
        return self.unroll(inputs, training=False)[1]

    def unroll(self, inputs: Inputs, training: bool) -> tuple[Tensor, Tensor]:
        """Return what `call` does, and the attention weights [B, T', T]; T is 0 without attention."""
        paths = inputs.paths
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        keys, newest = self.attention.keys(encoded), self.tokens.newest(inputs)
        inputs, (encoded, keys, newest) = branched(inputs, (encoded, keys, newest))
        steps = steps_of(inputs, self.tokens, self.forcing, self.coins)
        feedback = Feedback(self.head, inputs)

        shape = (-1, self.tokens.segment, self.head.parameters)

        def next_token(carry: tuple[Tensor, ...], step: Steps) -> tuple[Tensor, ...]:
            _, forecast, _, output, *states = carry
            context, weights = self.attention(output, keys, encoded)
            features = ops.concatenate([step.before, step.here], axis=2)
            read = self.tokens.fed_back(step.fed(forecast), features, inputs.static)
            output, states = self.cell(ops.concatenate([read, context], axis=1), states, training=training)
            raw = ops.reshape(self.readout(ops.concatenate([output, context], axis=1)), shape)
            kept = feedback.kept(raw, step)
            return kept, feedback.fed(kept), weights, output, *as_list(states)

        states = self.first_states(encoded.summary)
        first = next_token((None, newest, None, states[0], *states), steps.first)
        kept, weights = first[0][None], first[2][None]
        if self.tokens.ahead > 1:
            more, _, more_weights, *_ = tf.scan(next_token, steps.later, first)
            kept, weights = ops.concatenate([kept, more], axis=0), ops.concatenate([weights, more_weights], axis=0)
        return feedback.by_step(kept, self.tokens, paths), ops.transpose(weights, (1, 0, 2))

    def first_states(self, summary: Tensor) -> list[Tensor]:
        """Return the states before the first token: the first one is made from the summary [B, D]."""
        first = self.start(summary)
        _, *others = as_list(self.cell.get_initial_state(batch_size=ops.shape(summary)[0]))
        return [first, *others]


#: The name under which `DECODINGS` finds the class.
Layer = Seq2Seq
