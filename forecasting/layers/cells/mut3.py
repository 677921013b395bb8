"""MUT3 (Jozefowicz, Zaremba & Sutskever 2015), the third of three cells found by a search over architectures."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.recurrent.cell import CellLayer
from forecasting.layers.recurrent.mutation import MutationCell
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class MUT3Cell(MutationCell):
    """One step of MUT3: a GRU whose update gate sees the state through one more tanh.

    With input x_t [F] and state h [U], s the logistic function and * the elementwise product::

        z = s(x_t W_xz + tanh(h) W_hz + b_z)
        r = s(x_t W_xr + h W_hr + b_r)
        h_t = tanh((r * h) W_hh + x_t W_xh + b_h) * z + h * (1 - z)

    (W_xz, W_xr, W_xh) [F, 3U] is `kernel`, W_hz [U, U] `update_kernel`, W_hr [U, U] `reset_kernel`,
    W_hh [U, U] `recurrent_kernel` and (b_z, b_r, b_h) [3U] `bias`. z takes the new state.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        self.kernel = self.add_kernel("kernel", input_shape[-1], 3 * self.units)
        self.update_kernel = self.add_recurrent("update_kernel", self.units)
        self.reset_kernel = self.add_recurrent("reset_kernel", self.units)
        super().build(input_shape)

    def parts(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return z, r and what the input adds to the candidate; see `MutationCell`."""
        from_x_z, from_x_r, from_x_h = ops.split(ops.matmul(x, self.kernel) + self.bias, 3, axis=-1)
        z = ops.sigmoid(from_x_z + ops.matmul(ops.tanh(h), self.update_kernel))
        r = ops.sigmoid(from_x_r + ops.matmul(h, self.reset_kernel))
        return z, r, from_x_h


@keras.saving.register_keras_serializable("forecasting")
class MUT3(CellLayer):
    """A layer of `MUT3Cell`."""

    cell_class = MUT3Cell


#: The name under which `CELLS` finds the class.
Layer = MUT3
