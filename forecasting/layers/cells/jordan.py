"""Jordan's simple recurrent network (Jordan 1997): the loop comes from the output."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecasting.layers.recurrent.cell import Cell, CellLayer
from forecasting.layers.tensor import Tensor


@keras.saving.register_keras_serializable("forecasting")
class JordanCell(Cell):
    """One step of Jordan's network; the state is the output.

    With input x_t [F] and the output y of the step before::

        h_t = tanh(x_t W_x + y W_y + b)
        y_t = a(h_t W_o + b_o)

    W_x [F, U], W_y [U, U] and b [U] are `kernel`, `recurrent_kernel` and `bias`; W_o [U, U] and b_o [U] are
    `output_kernel` and `output_bias`.

    Jordan's output may be a prediction of any width. As a layer it has the width of the hidden units, so that layers
    stack. The activation a is tanh unless chosen otherwise, so that the loop stays bounded. W_o lies on the loop as
    W_y does, so both are orthogonal at the start.

    Args:
        units: U, width of the hidden units and of the output.
        output_activation: a, name of a Keras activation.
    """

    fields = ("units", "output_activation")

    def __init__(self, units: int, output_activation: str = "tanh", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.output_activation = output_activation
        self.activate = keras.activations.get(output_activation)

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        self.kernel = self.add_kernel("kernel", input_shape[-1], self.units)
        self.recurrent_kernel = self.add_recurrent("recurrent_kernel", self.units)
        self.bias = self.add_bias("bias", self.units)
        self.output_kernel = self.add_recurrent("output_kernel", self.units)
        self.output_bias = self.add_bias("output_bias", self.units)

    def call(self, x: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Return the output [B, U] and the new states of inputs [B, F] and states [y]."""
        (y,) = states
        h = ops.tanh(ops.matmul(x, self.kernel) + ops.matmul(y, self.recurrent_kernel) + self.bias)
        y = self.activate(ops.matmul(h, self.output_kernel) + self.output_bias)
        return y, [y]


@keras.saving.register_keras_serializable("forecasting")
class Jordan(CellLayer):
    """A layer of `JordanCell`."""

    cell_class = JordanCell


#: The name under which `CELLS` finds the class.
Layer = Jordan
