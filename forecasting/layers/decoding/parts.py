"""What decodings are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from forecasting.layers.readout import Readout
from forecasting.layers.tokens import Tokens


@dataclass(frozen=True)
class Parts:
    """The parts of a core; how they are put together is the decoding's idea.

    Attributes:
        encoder: makes a new encoder of a name; no two share a weight.
        tokens: how windows are cut.
        head: reads the raw numbers; `head.point(raw, scaled)` is what is fed back.
        config: the model's config.
        features: F.
        cell: name of the cell of a decoder that has one.
    """

    encoder: Callable[[str], Any]
    tokens: Tokens
    head: keras.Layer
    config: Any
    features: int
    cell: str

    def readout(self, steps: int, name: str) -> Readout:
        """Return a new layer from a summary and the features of `steps` steps to their raw numbers."""
        return Readout(steps, self.head.parameters, self.config.width if self.features else 0, name=name)
