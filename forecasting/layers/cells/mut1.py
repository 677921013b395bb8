"""MUT1 (Jozefowicz, Zaremba & Sutskever 2015), the first of three cells found by a search over architectures."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.recurrent.cell import CellLayer
from forecasting.layers.recurrent.mutation import BareInputCell
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class MUT1Cell(BareInputCell):
    """One step of MUT1: a GRU whose update gate sees the input alone, and whose candidate takes the bare input.

    With input x_t [F] and state h [U], s the logistic function and * the elementwise product::

        z = s(x_t W_xz + b_z)
        r = s(x_t W_xr + h W_hr + b_r)
        h_t = tanh((r * h) W_hh + tanh(p(x_t)) + b_h) * z + h * (1 - z)

    (W_xz, W_xr) [F, 2U] is `kernel`, W_hr [U, U] `reset_kernel`, W_hh [U, U] `recurrent_kernel` and
    (b_z, b_r, b_h) [3U] `bias`. z takes the new state. p is `BareInputCell.widened`.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        self.reset_kernel = self.add_recurrent("reset_kernel", self.units)
        super().build(input_shape)

    def parts(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return z, r and what the input adds to the candidate; see `MutationCell`."""
        bias_z, bias_r, bias_h = ops.split(self.bias, 3)
        from_x_z, from_x_r = ops.split(ops.matmul(x, self.kernel), 2, axis=-1)
        z = ops.sigmoid(from_x_z + bias_z)
        r = ops.sigmoid(from_x_r + ops.matmul(h, self.reset_kernel) + bias_r)
        return z, r, ops.tanh(self.widened(x)) + bias_h


@keras.saving.register_keras_serializable("forecasting")
class MUT1(CellLayer):
    """A layer of `MUT1Cell`."""

    cell_class = MUT1Cell


#: The name under which `CELLS` finds the class.
Layer = MUT1
