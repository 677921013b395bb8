"""From origins to context and target windows, on the device, out of one copy of the data."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Windows(NamedTuple):
    """A batch of windows in original units; NaN is missing.

    Attributes:
        context: [B, L] float64, the last value is the one at the origin.
        known: [B, L + H, F] float32, calendar features of context and horizon.
        target: [B, H] float64.
    """

    context: tf.Tensor
    known: tf.Tensor
    target: tf.Tensor


class Gather:
    """Cuts windows out of the flat arrays of a panel.

    The arrays hold each series' rows followed by at least H future rows, so that a target never
    reaches into the next series; rows before a series' first one read as missing.

    Args:
        y: [N] float64, NaN where missing or in the future.
        known: [N, F] float32.
        context_length: L.
        horizon: H.
    """

    def __init__(self, y: tf.Tensor, known: tf.Tensor, context_length: int, horizon: int) -> None:
        # One more row that reads as missing: steps before a series' first row point there.
        self.y = tf.pad(y, [[0, 1]], constant_values=float("nan"))
        self.known = tf.pad(known, [[0, 1], [0, 0]])
        self.blank = tf.shape(y, tf.int64)[0]
        self.context_length = context_length
        self.offsets = tf.range(1 - context_length, horizon + 1, dtype=tf.int64)

    def __call__(self, origins: tf.Tensor, firsts: tf.Tensor) -> Windows:
        """Return the windows around `origins`.

        Args:
            origins: [B] int64, flat row of the last observed point.
            firsts: [B] int64, flat row of the first point of the same series.
        """
        rows = origins[:, None] + self.offsets  # [B, L + H]
        rows = tf.where(rows >= firsts[:, None], rows, self.blank)
        y = tf.gather(self.y, rows)
        return Windows(y[:, : self.context_length], tf.gather(self.known, rows), y[:, self.context_length :])
