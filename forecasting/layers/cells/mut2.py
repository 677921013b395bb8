"""MUT2 (Jozefowicz, Zaremba & Sutskever 2015), the second of three cells found by a search over architectures."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.recurrent.cell import CellLayer
from forecasting.layers.recurrent.mutation import BareInputCell
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class MUT2Cell(BareInputCell):
    """One step of MUT2: a GRU whose reset gate takes the bare input.

    With input x_t [F] and state h [U], s the logistic function and * the elementwise product::

        z = s(x_t W_xz + h W_hz + b_z)
        r = s(p(x_t) + h W_hr + b_r)
        h_t = tanh((r * h) W_hh + x_t W_xh + b_h) * z + h * (1 - z)

    (W_xz, W_xh) [F, 2U] is `kernel`, (W_hz, W_hr) [U, 2U] `gate_kernel`, W_hh [U, U] `recurrent_kernel` and
    (b_z, b_r, b_h) [3U] `bias`. z takes the new state. p is `BareInputCell.widened`.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        self.gate_kernel = self.add_recurrent("gate_kernel", 2 * self.units)
        super().build(input_shape)

    def parts(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return z, r and what the input adds to the candidate; see `MutationCell`."""
        bias_z, bias_r, bias_h = ops.split(self.bias, 3)
        from_x_z, from_x_h = ops.split(ops.matmul(x, self.kernel), 2, axis=-1)
        from_h_z, from_h_r = ops.split(ops.matmul(h, self.gate_kernel), 2, axis=-1)
        z = ops.sigmoid(from_x_z + from_h_z + bias_z)
        r = ops.sigmoid(self.widened(x) + from_h_r + bias_r)
        return z, r, from_x_h + bias_h


@keras.saving.register_keras_serializable("forecasting")
class MUT2(CellLayer):
    """A layer of `MUT2Cell`."""

    cell_class = MUT2Cell


#: The name under which `CELLS` finds the class.
Layer = MUT2
