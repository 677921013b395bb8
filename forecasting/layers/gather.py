"""From origins to context and target windows, on the device, out of one copy of the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from forecasting.layers.tensor import Tensor


class Windows(NamedTuple):
    """A batch of windows in original units; NaN is missing.

    Attributes:
        context: [B, L] float64, the last value is the one at the origin.
        known: [B, L + H, F + C] calendar features of context and horizon and codes of the covariates; the past-only
            ones are NaN in the horizon.
        target: [B, H] float64.
    """

    context: Tensor
    known: Tensor
    target: Tensor


class Gather:
    """Cuts windows out of the flat arrays of a panel.

    The arrays hold each series' rows followed by at least H future rows, so that a target never
    reaches into the next series; rows before a series' first one read as missing.

    Args:
        y: [N] float64, NaN where missing or in the future.
        known: [N, F + C]; see `PanelArrays`.
        context_length: L.
        horizon: H.
        covariates: how many of the last columns are known and past-only covariates.
    """

    def __init__(
        self,
        y: Tensor,
        known: Tensor,
        context_length: int,
        horizon: int,
        covariates: tuple[int, int] = (0, 0),
    ) -> None:
        # One more row that reads as missing: steps before a series' first row point there.
        self.y = tf.pad(y, [[0, 1]], constant_values=float("nan"))
        self.known = tf.pad(known, [[0, 1], [0, 0]])
        columns = np.arange(known.shape[1])
        if any(covariates):
            is_covariate = columns >= len(columns) - sum(covariates)
            blank = tf.constant(np.where(is_covariate, np.nan, 0.0)[None], known.dtype)
            self.known = tf.concat([known, blank], axis=0)
        #: [L + H, F + C] true where a past-only covariate would be read after the origin.
        self.hidden = None
        if covariates[1]:
            ahead = np.arange(context_length + horizon)[:, None] >= context_length
            self.hidden = ahead & (columns >= len(columns) - covariates[1])
        self.blank = tf.shape(y, tf.int64)[0]
        self.context_length = context_length
        self.offsets = tf.range(1 - context_length, horizon + 1, dtype=tf.int64)

    def __call__(self, origins: Tensor, firsts: Tensor) -> Windows:
        """Return the windows around `origins`.

        Args:
            origins: [B] int64, flat row of the last observed point.
            firsts: [B] int64, flat row of the first point of the same series.
        """
        rows = origins[:, None] + self.offsets  # [B, L + H]
        rows = tf.where(rows >= firsts[:, None], rows, self.blank)
        y, known = tf.gather(self.y, rows), tf.gather(self.known, rows)
        if self.hidden is not None:
            known = tf.where(self.hidden, tf.constant(float("nan"), known.dtype), known)
        return Windows(y[:, : self.context_length], known, y[:, self.context_length :])
