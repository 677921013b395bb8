"""What the network reads of covariates: numbers standardised, categories embedded, and a flag of what is missing."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config.task import Kinds, Task
from forecasting.layers.kinds import KindReader, put, width_of
from forecasting.layers.tensor import Tensor

#: Shares of the training rows below and above which a number is taken for the one there: a network knows nothing of
#: values it has hardly met, and one wet hour in a dry year must not throw every forecast after it.
LIMITS = (0.001, 0.999)


class CovariateReader(KindReader):
    """Turns codes [B, T, C] into features [B, T, W]; what is missing (NaN) is 0 with the flag 0.

    Every covariate has a flag of its own, so nothing missing is taken for a value. Numbers are held within the
    quantiles `LIMITS` of the training rows and standardised by mean and deviation of what that makes of them; these
    four are weights, set once. Codes are float64, features float32.

    Args:
        kinds: the covariates and their categories.
    """

    def __init__(self, kinds: Kinds, **kwargs: Any) -> None:
        super().__init__(kinds, "float64", **kwargs)
        self.high = self.add_numbers("high", keras.initializers.Constant(np.finfo("float64").max))
        self.low = self.add_numbers("low", "zeros")
        self.low.assign(-self.high)

    def learn(self, position: int, values: np.ndarray) -> None:
        """Set the limits and the moments of the number at a position from its values [n]."""
        low, high = np.quantile(values, LIMITS, method="closest_observation")
        put(self.low, position, low)
        put(self.high, position, high)
        self.learn_moments(position, np.clip(values, low, high))

    def call(self, codes: Tensor, training: bool = False) -> Tensor:
        """Return the features [B, T, W] of codes [B, T, C]."""
        missing = ops.isnan(codes)
        observed = ops.cast(ops.logical_not(missing), "float32")
        values = ops.where(missing, ops.zeros_like(codes), codes)
        held = ops.clip(ops.take(values, self.numbers, axis=2), self.low, self.high)
        numbers = ops.cast(self.standardised(held), "float32")
        parts = [observed, numbers * ops.take(observed, self.numbers, axis=2)]
        for c, embedding in zip(self.categories, self.embedded(values, training), strict=True):
            parts.append(embedding * observed[:, :, c, None])
        return ops.concatenate(parts, axis=2)


def features_of(kinds: Kinds) -> int:
    """Return W, the width of what `CovariateReader` gives."""
    return sum(1 + width_of(categories) for _, categories in kinds)


def known_width(task: Task) -> int:
    """Return the features of a step whose future is known: those of the calendar, then of known covariates."""
    return len(task.calendar) + features_of(task.known_covariates)


class CovariateReaders(keras.layers.Layer):
    """Parts what was gathered of a row [F + C] into what is known ahead and what is past-only.

    Args:
        task: names the calendar features and the covariates.
    """

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.calendar = len(task.calendar)
        self.ahead = self.calendar + len(task.known_covariates)
        self.known = CovariateReader(task.known_covariates, name="known") if task.known_covariates else None
        self.past = CovariateReader(task.past_covariates, name="past") if task.past_covariates else None

    def build(self, input_shape: Any) -> None:
        """Do nothing: the readers make their weights."""
        self.built = True

    def adapt(self, columns: np.ndarray) -> None:
        """Take means and deviations from the columns [N, F + C] of the training rows."""
        if self.known:
            self.known.adapt(columns[:, self.calendar : self.ahead])
        if self.past:
            self.past.adapt(columns[:, self.ahead :])

    def call(self, columns: Tensor, context_length: int, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return the features of context and horizon [B, L + H, F'], and of the context alone [B, L, P] or None.

        Args:
            columns: [B, L + H, F + C] calendar features, codes of known covariates, codes of past-only ones.
            context_length: L.
            training: whether some categories are hidden.
        """
        calendar = ops.cast(columns[:, :, : self.calendar], "float32")
        known, past = calendar, None
        if self.known:
            read = self.known(columns[:, :, self.calendar : self.ahead], training=training)
            known = ops.concatenate([calendar, read], axis=2)
        if self.past:
            past = self.past(columns[:, :context_length, self.ahead :], training=training)
        return known, past
