"""Dilated recurrence (Chang et al. 2017, "Dilated recurrent neural networks")."""

from __future__ import annotations

from forecasting.layers.encoders.dilation import Dilated
from forecasting.layers.tensor import Tensor


class Encoder(Dilated):
    """Layer l goes on from its state of 2^l tokens ago; each layer reads what the one below says."""

    def joined(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """Return what the layer says."""
        return outputs
