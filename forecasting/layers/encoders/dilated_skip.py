"""Dilated recurrence with skips (Kim, El-Khamy & Lee 2017; Smyl 2020): each layer adds to what it reads."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.encoders._dilated import Dilated


class Encoder(Dilated):
    """The layers of the `dilated` stack with a way past each of them.

    The lowest layer has nothing to add to where tokens are not embedded: they have another width.
    """

    def joined(self, read: Any, said: Any) -> Any:
        """Return the sum of what the layer has read and says."""
        return ops.add(said, read) if read.shape[-1] == said.shape[-1] else said
