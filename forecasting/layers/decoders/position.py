"""One step of a cell per token of the horizon, all from the same state and all at once (Lin et al. 2023, SegRNN)."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.decoding.decoder import Decoder
from forecasting.layers.decoding.parts import Parts
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.encoders.recurrent import as_list
from forecasting.layers.inputs import Inputs
from forecasting.layers.recurrent import CELLS
from forecasting.layers.tensor import Tensor

TRAITS = DecodingTraits(reads=("width", "residual"), is_of_next_step="never")


class Position(Decoder):
    """A decoder cell is told where a token lies, by an embedding, and what is known of it; then it takes one step.

    Cell and readout are the same for all tokens, and so few weights answer a long horizon. No token waits for the one
    before, and no error is handed on. The state before the step is tanh of a dense layer over the summary. SegRNN
    tells the cell the number of the channel too; here the static covariates take its place, so that a series that was
    not trained on is answered.
    """

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(parts, **kwargs)
        units = parts.config.units
        self.encoder = parts.encoder("encoder")
        self.cell = CELLS.load(parts.cell).Layer(units, name="decoder").cell
        self.start = keras.layers.Dense(units, "tanh", name="start")
        shape = (parts.tokens.ahead, parts.config.width)
        self.place = self.add_weight(shape=shape, initializer="random_normal", name="place")
        self.readout = parts.readout(parts.tokens.segment, "readout")
        self.drop = keras.layers.Dropout(parts.config.dropout, name="drop")
        self.supports_jit = self.encoder.supports_jit

    def call(self, inputs: Inputs, training: bool = False) -> Tensor:
        """Return raw numbers [B, H, P]."""
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        tokens = ops.shape(encoded.summary)[0] * self.tokens.ahead
        future = self.tokens.future(inputs.known)  # [B, T', S, F]
        steps, features = future.shape[2:]
        place = ops.tile(self.place, (ops.shape(encoded.summary)[0], 1))
        static = ops.repeat(inputs.static, self.tokens.ahead, axis=0)
        read = ops.concatenate([place, ops.reshape(future, (tokens, steps * features)), static], axis=1)
        _, *others = as_list(self.cell.get_initial_state(batch_size=tokens))
        first = ops.repeat(self.start(encoded.summary), self.tokens.ahead, axis=0)
        output, _ = self.cell(read, [first, *others], training=training)
        raw = self.readout(self.drop(output, training=training), ops.reshape(future, (tokens, steps, features)))
        return self.tokens.by_step(ops.reshape(raw, (-1, self.tokens.ahead, *raw.shape[1:])))


#: The name under which `DECODINGS` finds the class.
Layer = Position
