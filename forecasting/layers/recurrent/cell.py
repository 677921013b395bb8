"""What cells of our own share: how a cell is made, how a layer runs one over a sequence."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from forecasting.config.strict import is_count, require
from forecasting.layers.tensor import Tensor


class Cell(keras.layers.Layer):
    """One step of a recurrence: `cell(x [B, F], states) -> (output [B, U], new states)`.

    A cell creates its weights in `build` and states its equations in `call`. Unless it says otherwise it has one
    state of U units, which is zero at the start.

    Args:
        units: U, width of the output.

    Attributes:
        fields: names of the constructor's arguments, each of them an attribute too; they are the configuration.
        state_size: width of every state.
        output_size: U.
    """

    fields: ClassVar[tuple[str, ...]] = ("units",)

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require(is_count(units), "units", "an integer of at least 1", units)
        self.units = units
        self.state_size = [units]
        self.output_size = units

    def add_kernel(self, name: str, rows: int, columns: int) -> Tensor:
        """Create weights [rows, columns] of an input, Glorot's at the start."""
        return self.add_weight(shape=(rows, columns), initializer="glorot_uniform", name=name)

    def add_recurrent(self, name: str, columns: int) -> Tensor:
        """Create weights [U, columns] of a state, orthogonal at the start: they neither shrink nor blow up."""
        return self.add_weight(shape=(self.units, columns), initializer="orthogonal", name=name)

    def add_bias(self, name: str, size: int, start: Tensor = 0.0) -> Tensor:
        """Create weights [size] that are `start`, a number or one for each, at the start."""
        values = np.broadcast_to(start, size)
        return self.add_weight(
            shape=(size,), initializer=lambda _, dtype: ops.convert_to_tensor(values, dtype), name=name
        )

    def get_initial_state(self, batch_size: Tensor = None) -> list[Tensor]:
        """Return the states before the first step, each [B, its size]."""
        return [ops.zeros((batch_size, size), self.compute_dtype) for size in self.state_size]

    def choices(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in self.fields}

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal cell."""
        return super().get_config() | self.choices()


class CellLayer(keras.layers.RNN):
    """A `keras.layers.RNN` over a cell of its own class: `Layer(units, return_sequences=..., return_state=...)`.

    Args:
        units: U, width of the output.
        dtype: policy of the layer and of its cell.
        options: further arguments of the cell, by their names in `Cell.fields`, and of `keras.layers.RNN`.

    Attributes:
        cell_class: the class of the cell.
    """

    cell_class: ClassVar[type[Cell]]

    def __init__(self, units: int, *, dtype: Any = None, **options: Any) -> None:
        choices = {name: options.pop(name) for name in self.cell_class.fields if name in options}
        super().__init__(self.cell_class(units, dtype=dtype, name="cell", **choices), dtype=dtype, **options)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal layer; the cell is its arguments."""
        config = super().get_config()
        del config["cell"]
        return config | self.cell.choices()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> CellLayer:
        """Make the layer that `get_config` describes."""
        return cls(**config)
