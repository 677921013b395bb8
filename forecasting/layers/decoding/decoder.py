"""The base of all decoders."""

from __future__ import annotations

from typing import Any

from forecasting.layers.core import Core
from forecasting.layers.decoding.parts import Parts


class Decoder(Core):
    """A core that is made of parts: encoders, readouts, and a cell of its own where it has one.

    Args:
        parts: what it is made of.
    """

    def __init__(self, parts: Parts, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.tokens = parts.tokens
        self.head = parts.head
        self.feeds_back = parts.config.feeds_back

    def build(self, input_shape: Any) -> None:
        """Do nothing: the layers inside make their weights in the first call, which knows what reaches them."""
        self.built = True
