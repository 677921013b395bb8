"""What MUT1 and MUT2 share: the bare input at the width of the state."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecasting.layers.recurrent._cell import Cell


class MutationCell(Cell):
    """A cell in which the input itself, without a weight, is added to something as wide as the state.

    The paper has inputs as wide as the state, and p(x) = x. Where F and U differ, p(x) = x W_p with learned weights
    W_p [F, U], the cell's `projection`. So the width of the input alone decides which weights there are, as it does
    for every kernel.
    """

    def add_projection(self, features: int) -> Any:
        """Create W_p for inputs of F features, or return None where none is needed."""
        return None if features == self.units else self.add_kernel("projection", features, self.units)

    def widened(self, x: Any) -> Any:
        """Return p(x) [B, U] of inputs [B, F]."""
        return x if self.projection is None else ops.matmul(x, self.projection)
