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
        self.y = y
        self.known = known
        self.context_length = context_length
        self.offsets = tf.range(1 - context_length, horizon + 1, dtype=tf.int64)

    def __call__(self, origins: tf.Tensor, firsts: tf.Tensor) -> Windows:
        """Return the windows around `origins`.

        Args:
            origins: [B] int64, flat row of the last observed point.
            firsts: [B] int64, flat row of the first point of the same series.
        """
        rows = origins[:, None] + self.offsets  # [B, L + H]
        inside = rows >= firsts[:, None]
        rows = tf.maximum(rows, firsts[:, None])
        y = tf.where(inside, tf.gather(self.y, rows), tf.constant(float("nan"), tf.float64))
        known = tf.where(inside[:, :, None], tf.gather(self.known, rows), 0.0)
        return Windows(y[:, : self.context_length], known, y[:, self.context_length :])


def hide_oldest(context: tf.Tensor, share: float) -> tf.Tensor:
    """Hide the oldest part, of random length, of a random `share` of the contexts [B, L].

    Series shorter than the context arrive with their oldest steps missing; a network that never
    met such a window answers it badly.
    """
    batch, length = tf.shape(context)[0], context.shape[1]
    chosen = tf.random.uniform([batch, 1]) < share
    start = tf.random.uniform([batch, 1], 0, length, dtype=tf.int32)
    hidden = chosen & (tf.range(length)[None, :] < start)
    return tf.where(hidden, tf.constant(float("nan"), tf.float64), context)
