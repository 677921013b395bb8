"""Which windows a step trains on: origins drawn on the host, beside the step that runs."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from forecasting.config.training import Training
from forecasting.data.windows import WindowIndex
from forecasting.errors import ConfigError
from forecasting.layers.tensor import Tensor

VALIDATION_BATCH = 512

#: Batches of origins drawn ahead at most, and windows in them at most.
PREFETCHED = 32
PREFETCHED_WINDOWS = 1 << 20

#: Windows above which the batch rule is refused: a step would hold all their contexts at once.
LARGEST_BATCH = 1_000_000


def draw_batches(index: WindowIndex, training: Training, context_length: int) -> tf.data.Dataset:
    """Return an endless data set of (origins [B], firsts [B]).

    Windows are drawn uniformly with replacement; by the batch rule, every one of them is in every batch.

    Args:
        index: the windows to draw from.
        training: batch size, seed, and the share of windows to shorten.
        context_length: L.

    Raises:
        ConfigError: there are too many windows for the batch rule.
    """
    size, seed = batch_size(index, training), training.seed
    cumulative = tf.constant(index.cumulative, tf.int64)
    before = tf.concat([tf.zeros([1], tf.int64), cumulative[:-1]], axis=0)
    lowest, first = tf.constant(index.lowest, tf.int64), tf.constant(index.first, tf.int64)

    @tf.autograph.experimental.do_not_convert
    def draw(step: Tensor) -> tuple[Tensor, Tensor]:
        if training.batch_size == "all":
            numbers = tf.range(cumulative[-1])
        else:
            numbers = tf.random.stateless_uniform([size], [seed, step], 0, cumulative[-1], tf.int64)
        series = tf.searchsorted(cumulative, numbers, side="right")
        origins, firsts = tf.gather(lowest - before, series) + numbers, tf.gather(first, series)
        chosen = tf.random.stateless_uniform([size], [seed + 1, step]) < training.truncation
        return origins, tf.where(chosen, shortened(origins, firsts, context_length, [seed + 2, step]), firsts)

    return untuned(tf.data.Dataset.counter().map(draw).prefetch(max(1, min(PREFETCHED, PREFETCHED_WINDOWS // size))))


def batch_size(index: WindowIndex, training: Training) -> int:
    """Return B, the number of all windows by the batch rule.

    Raises:
        ConfigError: there are too many windows for the batch rule.
    """
    if not isinstance(training.batch_size, str):
        return training.batch_size
    if index.count > LARGEST_BATCH:
        raise ConfigError(
            f"batch_size='all' takes every window in every step, at most {LARGEST_BATCH:,} of them; there are "
            f"{index.count:,}. Give `batch_size` a number.",
            code="batch_too_large",
            field="batch_size",
        )
    return index.count


def shortened(origins: Tensor, firsts: Tensor, context_length: int, seed: list[Tensor]) -> Tensor:
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
