"""Dilated recurrence (Chang et al. 2017, "Dilated recurrent neural networks")."""

from __future__ import annotations

from typing import Any

from forecasting.layers.encoders._dilated import Dilated


class Encoder(Dilated):
    """Layer l goes on from its state of 2^l tokens ago; each layer reads what the one below says."""

    def joined(self, read: Any, said: Any) -> Any:
        """Return what the layer says."""
        return said
