"""What is known of a series at all times, as one vector."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops, random

from forecasting.config import Task

#: Share of the categories that training takes for unknown ones, so that a new category is not new to the network.
UNKNOWN_SHARE = 0.05

WIDEST = 16


class StaticReader(keras.layers.Layer):
    """Turns codes [B, K] into a vector [B, D]: numbers standardised, categories embedded.

    The mean and the deviation of the numbers are weights, set once from the training series.

    Args:
        task: names the covariates and their categories.
    """

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        sizes = sizes_of(task)
        self.numbers = np.array([k for k, size in enumerate(sizes) if size == 0], "int32")
        self.categories = [k for k, size in enumerate(sizes) if size > 0]
        self.embeddings = [
            keras.layers.Embedding(sizes[k] + 1, embedding_width(sizes[k]), name=f"embedding_{k}")
            for k in self.categories
        ]
        self.seed = keras.random.SeedGenerator(name="unknown")
        shape = (len(self.numbers),)
        self.center = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="center")
        self.scale = self.add_weight(shape=shape, initializer="ones", trainable=False, name="scale")

    def build(self, input_shape: Any) -> None:
        """Do nothing: embeddings make their weights in the first call."""
        self.built = True

    def adapt(self, codes: np.ndarray) -> None:
        """Take mean and deviation of the numbers from the training series' codes [S, K]."""
        numbers = codes[:, self.numbers].astype("float64")
        deviation = numbers.std(axis=0)
        self.center.assign(numbers.mean(axis=0))
        self.scale.assign(np.where(deviation > 0, deviation, 1.0))

    def call(self, codes: Any, training: bool = False) -> Any:
        """Return the vector [B, D] of codes [B, K]."""
        numbers = (ops.take(codes, self.numbers, axis=1) - self.center) / self.scale
        parts = [numbers]
        for k, embedding in zip(self.categories, self.embeddings, strict=True):
            code = ops.cast(codes[:, k], "int32")
            if training:
                hidden = random.uniform(ops.shape(code), seed=self.seed) < UNKNOWN_SHARE
                code = ops.where(hidden, ops.zeros_like(code), code)
            parts.append(embedding(code))
        return ops.concatenate(parts, axis=1)


def sizes_of(task: Task) -> list[int]:
    """Return the number of categories of each static covariate, 0 for a number."""
    return [len(categories) for _, categories in task.static_covariates]


def static_width(task: Task) -> int:
    """Return D, the width of the vector that `StaticReader` gives."""
    return sum(embedding_width(size) if size else 1 for size in sizes_of(task))


def embedding_width(categories: int) -> int:
    """Return the width of the embedding of so many categories: about twice the root, never more than `WIDEST`.

    >>> embedding_width(2), embedding_width(30), embedding_width(5000)
    (3, 11, 16)
    """
    return min(WIDEST, round(2 * categories**0.5))
