"""What the stacks of recurrent layers share."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.errors import ConfigError
from forecasting.layers.recurrent import CELLS
from forecasting.layers.tensor import Tensor


class Recurrent(keras.layers.Layer):
    """Base of the encoders: an embedding where tokens are segments, and dropout between layers.

    What is static stands at the end of every token and passes by the embedding, so that it enters the recurrence
    itself as one more term: h_t = tanh(W_x x_t + W_h h_{t-1} + W_v v), and likewise in every gate of other cells.

    Args:
        cell: a name in `CELLS`.
        units: width of the state of each layer.
        layers: number of layers.
        dropout: share of activations dropped between layers while training.
        embed: whether a token first passes a dense layer of the same width (segments need it, single steps do not).
        static: D, numbers at the end of each token that are static.
    """

    def __init__(
        self, cell: str, units: int, layers: int, dropout: float, embed: bool, static: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.static = static
        self.embedding = keras.layers.Dense(units, "relu", name="embedding") if embed else None
        self.recurrent = self.build_layers(cell, units, layers)
        self.drop = keras.layers.Dropout(dropout, name="drop")
        #: XLA takes longer to compile a loop than it saves in running it, and has no kernel of the narrow LSTM.
        self.supports_jit = False

    def build_layers(self, cell: str, units: int, layers: int) -> list[keras.layers.Layer]:
        """Return the recurrent layers, the lowest one first; each gives its sequence and its states."""
        make = CELLS.load(cell).Layer
        return [make(units, return_sequences=True, return_state=True, name=f"recurrent_{i}") for i in range(layers)]

    def embedded(self, tokens: Tensor) -> Tensor:
        """Return tokens [..., C] with their segments at the width of the state, or as they are."""
        if self.embedding is None:
            return tokens
        width = tokens.shape[-1] - self.static
        embedded = self.embedding(tokens[..., :width])
        return ops.concatenate([embedded, tokens[..., width:]], axis=-1) if self.static else embedded

    def initial_states(self, rows: int) -> list[Tensor]:
        """Return the states before the first token, each [rows, U], in the order that `step` takes."""
        return [state for layer in self.recurrent for state in as_list(layer.get_initial_state(rows))]

    def step(self, token: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Read one more token [B, C]; returns the summary [B, D] and the states.

        Raises:
            ConfigError: this encoder cannot go on from where it stopped.
        """
        raise ConfigError(
            f"`{type(self).__module__.rpartition('.')[2]}` reads the context as a whole and cannot go on from its end. "
            "Use decoding `mimo`, `direct`, `dirrec` or `seq2seq`.",
            code="stack_cannot_step",
            field="stack",
        )


def as_list(value: Any) -> list[Tensor]:
    """Return a value or a list of values as a list: Keras cells of one state use both forms."""
    return list(value) if isinstance(value, (list, tuple)) else [value]
