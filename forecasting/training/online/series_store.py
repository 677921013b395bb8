"""What is kept of each series between two of its observations: one row per series in a few variables."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from forecasting.layers.tensor import Tensor


class SeriesStore:
    """Rows of named tensors, read and written one at a time inside a graph; rows can be added later.

    Args:
        blank: what a new series has, by name.
    """

    def __init__(self, blank: dict[str, np.ndarray]) -> None:
        self.blank = blank
        self.parts = {
            name: tf.Variable(np.zeros((0, *value.shape), value.dtype), shape=[None, *value.shape], trainable=False)
            for name, value in blank.items()
        }

    @property
    def count(self) -> int:
        """S."""
        return int(next(iter(self.parts.values())).read_value().shape[0])

    @property
    def size(self) -> int:
        """Numbers in a row."""
        return sum(value.size for value in self.blank.values())

    def resize(self, count: int) -> None:
        """Keep the first rows and add blank ones up to S = `count`."""
        for name, variable in self.parts.items():
            kept = variable.numpy()[:count]
            added = np.repeat(self.blank[name][None], count - len(kept), axis=0)
            variable.assign(np.concatenate([kept, added]))

    def read(self, series: Tensor) -> dict[str, Tensor]:
        """Return the row of one series."""
        return {name: tf.gather(variable, series) for name, variable in self.parts.items()}

    def write(self, series: Tensor, row: dict[str, Tensor]) -> None:
        """Replace the row of one series."""
        for name, value in row.items():
            self.parts[name].scatter_update(tf.IndexedSlices(value[None], series[None]))
