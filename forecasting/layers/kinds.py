"""What readers of covariates share: numbers are standardised, categories embedded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np
from keras import ops, random

from forecasting.config.task import Kinds
from forecasting.layers.scaling import RELATIVE_FLOOR
from forecasting.layers.tensor import Tensor

#: Share of the categories that training takes for unknown ones, so that a new category is not new to the network.
UNKNOWN_SHARE = 0.05

WIDEST = 16


class KindReader(keras.layers.Layer, ABC):
    """Base of the layers that read covariates, each a number or a category.

    Args:
        kinds: the covariates and their categories.
        precision: dtype of the numbers' `center` and `scale`, which are weights, set once from the training data.
    """

    def __init__(self, kinds: Kinds, precision: str, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        sizes = [len(categories) for _, categories in kinds]
        self.numbers = np.array([k for k, size in enumerate(sizes) if size == 0], "int32")
        self.categories = [k for k, size in enumerate(sizes) if size > 0]
        self.embeddings = [
            keras.layers.Embedding(sizes[k] + 1, embedding_width(sizes[k]), name=f"embedding_{k}")
            for k in self.categories
        ]
        self.seed = keras.random.SeedGenerator(name="unknown")
        self.precision = precision
        self.center = self.add_numbers("center", "zeros")
        self.scale = self.add_numbers("scale", "ones")

    def add_numbers(self, name: str, initializer: Any) -> Tensor:
        """Return a new weight with an entry for each covariate that is a number."""
        shape = (len(self.numbers),)
        return self.add_weight(shape=shape, initializer=initializer, trainable=False, dtype=self.precision, name=name)

    def build(self, input_shape: Any) -> None:
        """Do nothing: embeddings make their weights in the first call."""
        self.built = True

    def adapt(self, codes: np.ndarray) -> None:
        """Learn the numbers from the codes [N, K] of the training data, NaN where missing."""
        for position, k in enumerate(self.numbers):
            values = codes[~np.isnan(codes[:, k]), k].astype("float64")
            if len(values):
                self.learn(position, values)

    @abstractmethod
    def learn(self, position: int, values: np.ndarray) -> None:
        """Set the weights of the number at a position from its values [n] that are there, at least one."""

    def learn_moments(self, position: int, values: np.ndarray) -> None:
        """Take mean and deviation of values [n]; the deviation counts as 1 where they do not vary."""
        deviation = values.std()
        varies = deviation > RELATIVE_FLOOR * np.abs(values).max()
        put(self.center, position, values.mean())
        put(self.scale, position, deviation if varies else 1.0)

    def standardised(self, numbers: Tensor) -> Tensor:
        """Return numbers [B, T, N] in deviations from their mean."""
        return (numbers - self.center) / self.scale

    def embedded(self, codes: Tensor, training: bool) -> list[Tensor]:
        """Return the embedding [B, T, W] of each category of codes [B, T, K].

        While training some are hidden, for all T at once.
        """
        found = []
        for k, embedding in zip(self.categories, self.embeddings, strict=True):
            code = ops.cast(codes[:, :, k], "int32")
            if training:
                hidden = random.uniform(ops.shape(code[:, :1]), seed=self.seed) < UNKNOWN_SHARE
                code = ops.where(hidden, ops.zeros_like(code), code)
            found.append(embedding(code))
        return found


def put(weight: Tensor, position: int, value: float) -> None:
    """Replace one number of a weight."""
    numbers = np.array(weight)
    numbers[position] = value
    weight.assign(numbers)


def width_of(categories: tuple[str, ...]) -> int:
    """Return the features of one covariate: of its embedding, or 1 where it is a number."""
    return embedding_width(len(categories)) if categories else 1


def embedding_width(categories: int) -> int:
    """Return the width of the embedding of so many categories: about twice the root, never more than `WIDEST`.

    >>> embedding_width(2), embedding_width(30), embedding_width(5000)
    (3, 11, 16)
    """
    return min(WIDEST, round(2 * categories**0.5))
