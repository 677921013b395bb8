"""One step of a cell per token of the horizon, all from the same state and all at once (Lin et al. 2023, SegRNN)."""

from __future__ import annotations

import os
from typing import Any

import keras
from keras import ops

from forecasting.layers.decoders._core import Core
from forecasting.layers.decoders._plan import Plan
from forecasting.layers.encoders._recurrent import as_list
from forecasting.layers.inputs import Inputs
from forecasting.layers.recurrent import CELLS

VARIANT = os.environ.get("POS", "start,readout")


class Position(Core):
    """Cell step and readout are shared by all tokens."""

    def __init__(self, plan: Plan, **kwargs: Any) -> None:
        super().__init__(plan, **kwargs)
        units = plan.config.units
        self.encoder = plan.encoder("encoder")
        self.cell = CELLS.load(plan.cell).Layer(units, name="decoder").cell
        self.start = keras.layers.Dense(units, "tanh", name="start")
        self.place = self.add_weight(
            shape=(plan.tokens.ahead, plan.config.width), initializer="random_normal", name="place"
        )
        self.readout = plan.readout(plan.tokens.segment, "readout")
        self.supports_jit = False

    def call(self, inputs: Inputs, training: bool = False) -> Any:
        """Return raw numbers [B, H, P]."""
        ahead = self.tokens.ahead
        encoded = self.encoder(self.tokens.past(inputs), training=training)
        summary = encoded.summary
        first = self.start(summary) if "start" in VARIANT else summary
        windows = ops.shape(summary)[0]
        future = self.tokens.future(inputs.known)
        future = ops.reshape(future, (-1, *future.shape[2:]))
        place = ops.tile(self.place, (windows, 1))
        features = ops.reshape(future, (-1, future.shape[1] * future.shape[2]))
        static = ops.repeat(inputs.static, ahead, axis=0)
        read = ops.concatenate([place, features, static], axis=1)
        state = ops.repeat(first, ahead, axis=0)
        _, *others = as_list(self.cell.get_initial_state(batch_size=windows * ahead))
        output, _ = self.cell(read, [state, *others], training=training)
        output = self.encoder.drop(output, training=training)
        raw = self.readout(output, future)
        return self.tokens.by_step(ops.reshape(raw, (-1, ahead, *raw.shape[1:])))


#: The name under which `DECODERS` finds the class.
Layer = Position
