"""What MUT1, MUT2 and MUT3 share (Jozefowicz, Zaremba & Sutskever 2015): the candidate, and how it is mixed in."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from keras import ops

from forecasting.layers.recurrent.cell import Cell
from forecasting.layers.tensor import Tensor


class MutationCell(Cell):
    """One step of a mutation: a GRU with other gates and another way of the input into the candidate.

    With input x_t [F], state h [U] and what the cell makes of them in `parts`, gates z and r and the input's part q::

        h_t = tanh((r * h) W_hh + q) * z + h * (1 - z)

    z takes the new state. W_hh [U, U] is `recurrent_kernel`.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F] that every mutation has."""
        self.recurrent_kernel = self.add_recurrent("recurrent_kernel", self.units)
        self.bias = self.add_bias("bias", 3 * self.units)

    @abstractmethod
    def parts(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return z, r and q, each [B, U], of inputs [B, F] and the state [B, U]."""

    def call(self, x: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Return the output [B, U] and the new states of inputs [B, F] and states [h]."""
        (h,) = states
        z, r, q = self.parts(x, h)
        h = ops.tanh(ops.matmul(r * h, self.recurrent_kernel) + q) * z + h * (1 - z)
        return h, [h]


class BareInputCell(MutationCell):
    """A mutation in which the input itself, without a weight, is added to something as wide as the state.

    The paper has inputs as wide as the state, and p(x) = x. Where F and U differ, p(x) = x W_p with learned weights
    W_p [F, U], the cell's `projection`. So the width of the input alone decides which weights there are, as it does
    for every kernel.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F] that both such mutations have."""
        self.kernel = self.add_kernel("kernel", input_shape[-1], 2 * self.units)
        super().build(input_shape)
        is_wide = input_shape[-1] == self.units
        self.projection = None if is_wide else self.add_kernel("projection", input_shape[-1], self.units)

    def widened(self, x: Tensor) -> Tensor:
        """Return p(x) [B, U] of inputs [B, F]."""
        return x if self.projection is None else ops.matmul(x, self.projection)
