"""Quantiles of paths: how many are drawn for an answer, by which chance, and what is read from them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import ops

from forecasting.layers.inputs import Dice
from forecasting.layers.tensor import Tensor

#: Paths behind the quantiles of a window.
PATHS = 200

SEED = 1


def common_chance(paths: int, horizon: int) -> np.ndarray:
    """Return the chance [N, H] of the paths of every window: always the same numbers.

    So an answer depends on its own window alone: not on those beside it, not on its place, and the same everywhere.
    At every step the N paths lie in the middles of N equally likely parts, in an order of its own (a Latin hypercube,
    McKay, Beckman & Conover 1979): the quantiles of single steps are far less noisy than those of independent draws.

    >>> np.sort(common_chance(4, 2), axis=0).tolist()
    [[0.125, 0.125], [0.375, 0.375], [0.625, 0.625], [0.875, 0.875]]
    """
    numbers = np.random.RandomState(SEED)  # the one generator whose numbers NumPy keeps the same in all versions
    order = np.stack([numbers.permutation(paths) for _ in range(horizon)], axis=1)
    return (order + 0.5) / paths


def common_dice(windows: Tensor, horizon: int) -> Dice:
    """Return the dice of an answer of B windows."""
    chance = ops.convert_to_tensor(common_chance(PATHS, horizon))
    chance = tf.broadcast_to(chance[None], (windows, PATHS, horizon))
    return Dice(chance, tf.constant(1.0), tf.constant(0))


def quantiles_of_paths(paths: Tensor, levels: np.ndarray, is_whole: bool) -> Tensor:
    """Return the quantiles [B, H, Q] at the levels of paths [B, N, H].

    The k-th of N ordered values is the quantile at k / (N + 1), and between two the line (Hyndman & Fan 1996, type 6);
    of whole numbers it is the smallest value that the share of the level does not pass (type 1).
    """
    count = paths.shape[1]
    ordered = ops.transpose(ops.sort(paths, axis=1), (0, 2, 1))  # [B, H, N]
    if is_whole:
        return ops.take(ordered, np.clip(np.ceil(levels * count - 1e-9).astype(int) - 1, 0, count - 1), axis=2)
    place = np.clip(levels * (count + 1) - 1, 0, count - 1)
    below = np.minimum(place.astype(int), count - 2)
    low, high = ops.take(ordered, below, axis=2), ops.take(ordered, below + 1, axis=2)
    return low + (place - below) * (high - low)
