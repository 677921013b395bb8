"""Lanes: parts of a batch that pass through a recurrence side by side, so that a small step needs no second thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from forecasting.layers.tensor import Tensor

#: Rows below which a lane is not worth a thread.
LEAST_ROWS = 16

MOST_LANES = 8


def in_lanes(
    run: Callable[..., tuple[Any, ...]],
    sequences: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Tensor],
    most_rows: int | None = None,
) -> tuple[Tensor, ...]:
    """Return `run(sequences, *states, *weights)`, computed on parts of the batch side by side.

    TensorFlow runs operations that do not depend on each other at the same time. The steps of a recurrence
    do depend on each other, and each is too small to be worth sharing between threads; parts of a batch are
    independent throughout, forwards and backwards. A small batch stays whole.

    Args:
        run: takes rows of the sequences and states and all weights; gives tensors whose first axis is the batch.
        sequences: [B, T, F]; B may be known only when it runs.
        states: each [B, U].
        weights: given whole to every lane.
        most_rows: as for `lane_count`.
    """

    def whole() -> tuple[Tensor, ...]:
        return run(sequences, *states, *weights)

    def parted() -> tuple[Tensor, ...]:
        sizes = [rows // count] * (count - 1) + [rows - rows // count * (count - 1)]
        lanes = zip(*(tf.split(tensor, sizes) for tensor in (sequences, *states)), strict=True)
        parts = zip(*(run(*lane, *weights) for lane in lanes), strict=True)
        return tuple(tf.concat(part, axis=0) for part in parts)

    known = sequences.shape[0]
    count = lane_count(known, most_rows)
    if count == 1:
        return whole()
    rows = tf.shape(sequences)[0] if known is None else known
    return parted() if known is not None else tf.cond(rows < count * LEAST_ROWS, whole, parted)


def lane_count(rows: int | None, most_rows: int | None = None) -> int:
    """Return the number of lanes for a batch of `rows` rows, None where that is only known when it runs.

    Args:
        rows: B.
        most_rows: rows above which the operations of a step are so large that TensorFlow shares each of them between
            threads, which then wait for one another. Where it has only one thread per operation this cannot be.
    """
    threads = tf.config.threading.get_inter_op_parallelism_threads() or os.cpu_count() or 1
    threads_per_operation = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count() or 1
    useful = MOST_LANES if rows is None else rows // LEAST_ROWS
    wanted = threads
    if most_rows is not None and threads_per_operation > 1:
        wanted = max(threads, MOST_LANES if rows is None else -(-rows // most_rows))
    return max(1, min(wanted, useful, MOST_LANES))
