"""Which windows a step trains on: origins drawn on the host, beside the step that runs."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from forecasting.config import Training
from forecasting.data.windows import WindowIndex

VALIDATION_BATCH = 512

#: Batches of origins drawn ahead; each is a few kilobytes.
PREFETCHED = 32


def draw_batches(index: WindowIndex, training: Training, context_length: int) -> tf.data.Dataset:
    """Return an endless data set of (origins [B], firsts [B]), windows drawn uniformly with replacement.

    Args:
        index: the windows to draw from.
        training: batch size, seed, and the share of windows to shorten.
        context_length: L.
    """
    size, seed = training.batch_size, training.seed
    cumulative = tf.constant(index.cumulative, tf.int64)
    before = tf.concat([tf.zeros([1], tf.int64), cumulative[:-1]], axis=0)
    lowest, first = tf.constant(index.lowest, tf.int64), tf.constant(index.first, tf.int64)

    def draw(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        numbers = tf.random.stateless_uniform([size], [seed, step], 0, cumulative[-1], tf.int64)
        series = tf.searchsorted(cumulative, numbers, side="right")
        origins, firsts = tf.gather(lowest - before, series) + numbers, tf.gather(first, series)
        chosen = tf.random.stateless_uniform([size], [seed + 1, step]) < training.truncation
        return origins, tf.where(chosen, shortened(origins, firsts, context_length, [seed + 2, step]), firsts)

    return untuned(tf.data.Dataset.counter().map(draw).prefetch(PREFETCHED))


def shortened(origins: tf.Tensor, firsts: tf.Tensor, context_length: int, seed: list[tf.Tensor]) -> tf.Tensor:
    """Return later first rows, as if the series had begun at a random step of the context.

    Series shorter than the context arrive with their oldest steps missing; a network that never met
    such a window answers it badly.

    Args:
        origins: [B] int64.
        firsts: [B] int64.
        context_length: L.
        seed: two whole numbers.
    """
    kept = tf.random.stateless_uniform(tf.shape(origins), seed, 1, context_length + 1, tf.int64)
    return tf.maximum(firsts, origins - kept + 1)


def validation_batches(windows: tuple[np.ndarray, np.ndarray]) -> tf.data.Dataset:
    """Return the validation windows (origins [V], firsts [V]), whole, in batches."""
    return untuned(tf.data.Dataset.from_tensor_slices(windows).batch(VALIDATION_BATCH))


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return the data set without tf.data's tuning thread: a `fit` that ends waits for it to wake, for seconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
