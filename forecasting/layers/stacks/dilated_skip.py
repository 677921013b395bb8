"""Dilated recurrence with skips (Kim, El-Khamy & Lee 2017; Smyl 2020): each layer adds to what it reads."""

from __future__ import annotations

from keras import ops

from forecasting.layers.encoders.dilation import Dilated
from forecasting.layers.tensor import Tensor


class Encoder(Dilated):
    """The layers of the `dilated` stack with a way past each of them.

    The lowest layer has nothing to add to where tokens are not embedded: they have another width.
    """

    def joined(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """Return the sum of what the layer has read and says."""
        return ops.add(outputs, inputs) if inputs.shape[-1] == outputs.shape[-1] else outputs
