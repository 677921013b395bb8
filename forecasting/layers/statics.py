"""What is known of a series at all times, as one vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.layers.kinds import KindReader, width_of
from forecasting.layers.tensor import Tensor


class StaticReader(KindReader):
    """Turns codes [B, K] into a vector [B, D]: numbers standardised, categories embedded.

    Args:
        task: names the covariates and their categories.
    """

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task.static_covariates, "float32", **kwargs)

    def learn(self, position: int, values: np.ndarray) -> None:
        """Set the weights of the number at a position from its values [S]."""
        self.learn_moments(position, values)

    def call(self, codes: Tensor, training: bool = False) -> Tensor:
        """Return the vector [B, D] of codes [B, K]."""
        codes = codes[:, None]
        numbers = self.standardised(ops.take(codes, self.numbers, axis=2))
        return ops.concatenate([numbers, *self.embedded(codes, training)], axis=2)[:, 0]


def static_width(task: Task) -> int:
    """Return D, the width of the vector that `StaticReader` gives."""
    return sum(width_of(categories) for _, categories in task.static_covariates)
