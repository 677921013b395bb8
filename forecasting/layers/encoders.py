"""Encoders: what is remembered of the past. Each reads tokens and gives a summary and a state to go on from.

A token is one segment of the past: its scaled values, its observed flags and its calendar features.
Every encoder offers `call(tokens) -> (summary [B, D], states)` and
`step(token, states) -> (summary [B, D], states)`, the same computation one token later.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.recurrent import CELLS


class PerceptronEncoder(keras.layers.Layer):
    """A multilayer perceptron over all tokens of the context; memoryless, its state is the window itself.

    Args:
        units: width of the hidden layers.
        layers: number of hidden layers.
        dropout: share of activations dropped between layers while training.
    """

    def __init__(self, units: int, layers: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.hidden = [
            keras.layers.Dense(units, "relu", kernel_initializer="he_normal", name=f"hidden_{i}") for i in range(layers)
        ]
        self.drop = keras.layers.Dropout(dropout, name="drop")

    def call(self, tokens: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Encode tokens [B, T, C]."""
        summary = ops.reshape(tokens, (-1, tokens.shape[1] * tokens.shape[2]))
        for layer in self.hidden:
            summary = self.drop(layer(summary), training=training)
        return summary, [tokens]

    def step(self, token: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Encode the window moved one token [B, C] on."""
        return self(ops.concatenate([states[0][:, 1:], token[:, None]], axis=1), training=training)


class RecurrentEncoder(keras.layers.Layer):
    """Stacked recurrent layers; layer l reads the sequence of layer l - 1, the summary is the last output.

    Args:
        cell: a name in `CELLS`.
        units: width of the state of each layer.
        layers: number of layers.
        dropout: share of activations dropped between layers while training.
        embed: whether a token first passes a dense layer of the same width (segments need it, single steps do not).
    """

    def __init__(self, cell: str, units: int, layers: int, dropout: float, embed: bool, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.embedding = keras.layers.Dense(units, "relu", name="embedding") if embed else None
        self.recurrent = [
            CELLS.load(cell).Layer(units, return_sequences=i < layers - 1, return_state=True, name=f"recurrent_{i}")
            for i in range(layers)
        ]
        self.drop = keras.layers.Dropout(dropout, name="drop")
        #: XLA takes longer to compile a loop than it saves in running it, and has no kernel of the narrow LSTM.
        self.supports_jit = False

    def call(self, tokens: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Encode tokens [B, T, C]; the states are those of all layers, one list."""
        sequence, states = self.embedded(tokens), []
        for layer in self.recurrent:
            output, *state = layer(sequence, training=training)
            states += state
            sequence = self.drop(output, training=training)
        return sequence, states

    def step(self, token: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Read one more token [B, C]."""
        output, new_states, position = self.embedded(token), [], 0
        for layer in self.recurrent:
            count = len(as_list(layer.cell.state_size))
            output, state = layer.cell(output, states[position : position + count], training=training)
            output = self.drop(output, training=training)
            new_states += as_list(state)
            position += count
        return output, new_states

    def embedded(self, tokens: Any) -> Any:
        """Return the tokens at the width of the state, or as they are."""
        return tokens if self.embedding is None else self.embedding(tokens)


def as_list(value: Any) -> list[Any]:
    """Return a value or a list of values as a list: Keras cells of one state use both forms."""
    return list(value) if isinstance(value, (list, tuple)) else [value]
