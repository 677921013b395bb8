"""Closed-form ridge regression: X'X and X'y are summed over all windows through the same gather.

No matrix of windows is ever made: ten million windows of 168 lags would be 13 GB.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import tensorflow as tf

from forecasting.config import Training
from forecasting.data.windows import WindowIndex
from forecasting.errors import TrainingError
from forecasting.layers.linear import LinearAutoregression
from forecasting.training._learned import Learned
from forecasting.training._source import WindowSource

BATCH = 4096

#: Windows that are summed where the regression is only what a network starts from: more no longer move it.
MOST_WINDOWS = 100_000

#: Numbers in the sums X'X of all steps of a horizon, above which steps at the same place of a season share one.
MOST_SUMS = 1 << 25

#: Penalty where the user chooses none.
RIDGE = 1e-3


def fit(network: Any, source: WindowSource, config: Any, training: Training, callbacks: Any = ()) -> Learned:
    """Solve the kernel of a `LinearAutoregression` core.

    A window with missing targets counts for the steps that were observed; missing lags are 0, the
    reference value of the window's scaling.

    Raises:
        TrainingError: a step of the horizon was never observed in any window.
    """
    started = time.perf_counter()
    index = source.all_windows()
    gram, moment, counts = accumulate(network, network.core, source, index)
    if not counts.all():
        raise TrainingError(
            f"Step {int(np.argmin(counts)) + 1} of the horizon is missing in every window whose context varies, so "
            "`ar` cannot learn it. Give more observed values, or `naive` where the series are constant.",
            code="all_missing",
        )
    network.core.kernel.assign(solve_ridge(gram, as_if_observed(gram, moment, counts), config.ridge))
    return Learned(seconds=time.perf_counter() - started, windows=index.count)


def solve_base(network: Any, source: WindowSource, index: WindowIndex) -> None:
    """Solve the regression around which a network forecasts, where it does so, from the windows of an index.

    It stays 0, and the network forecasts alone, where a step is observed in no window whose context varies.
    """
    regression = getattr(network.core, "regression", None)
    if regression is None:
        return
    gram, moment, counts = accumulate(network, regression, source, index, MOST_WINDOWS)
    solved = solve_ridge(gram, as_if_observed(gram, moment, counts), RIDGE) if counts.all() else 0.0 * moment
    regression.kernel.assign(solved)


def accumulate(
    network: Any, regression: LinearAutoregression, source: WindowSource, index: WindowIndex, most: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum X'X [G, D, D], X'Y [D, H] and the observations per step [H]; step h has the X'X of group h % G.

    Args:
        network: scales the windows.
        regression: makes the rows X of them.
        source: the panel.
        index: the windows.
        most: windows that are summed at most, evenly chosen; 0 sums all.
    """
    complete = not np.isnan(source.arrays.y[observed_rows(source)]).any()
    groups = 1 if complete else groups_of(regression, source.task.season, most)
    chosen = np.arange(0, index.count, max(1, -(-index.count // most)) if most else 1)
    gram, moment, counts = 0.0, 0.0, 0.0

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)] * 2, autograph=False)
    def batch_sums(origins: Any, firsts: Any) -> Any:
        return sums((network, regression, source), complete, groups, origins, firsts)

    add = batch_sums.get_concrete_function()
    for start in range(0, len(chosen), BATCH):
        origins, firsts = index.locate(chosen[start : start + BATCH])
        batch = add(tf.constant(origins), tf.constant(firsts))
        gram, moment, counts = gram + batch[0].numpy(), moment + batch[1].numpy(), counts + batch[2].numpy()
    return np.asarray(gram), np.asarray(moment), np.asarray(counts)


def observed_rows(source: WindowSource) -> np.ndarray:
    """Return a mask [N] over the flat rows that belong to a series and not to its future."""
    rows = np.zeros(len(source.arrays.y) + 1, int)
    np.add.at(rows, source.arrays.first, 1)
    np.add.at(rows, source.arrays.last + 1, -1)
    return np.cumsum(rows[:-1]) > 0


def groups_of(regression: LinearAutoregression, season: tuple[int, ...], most: int) -> int:
    """Return how many X'X there are: one for each step, or where these are too large, for each place of a season.

    Which windows a step is observed in depends on its place in the season, where values are missing by a pattern: at
    night, on Sundays.

    Args:
        regression: D rows, H columns.
        season: seasonal periods in steps.
        most: as in `accumulate`; where all windows are summed, each step has its own.
    """
    rows, outputs = regression.kernel.shape
    possible = MOST_SUMS // rows**2
    if most == 0 or outputs <= possible:
        return int(outputs)
    return max((period for period in season if period <= min(possible, outputs)), default=1)


def as_if_observed(gram: np.ndarray, moment: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return X'Y [D, H] as it would be, were the target of each step observed in all windows of its X'X.

    Where X'X is that of a step's own windows, nothing changes. Where steps share one, what is observed of a step stands
    for what is missing of it.

    Args:
        gram: X'X as [G, D, D]; the last regressor is the constant, so its last number counts the windows.
        moment: X'Y as [D, H].
        counts: [H] observations, above 0.
    """
    windows = gram[np.arange(len(counts)) % len(gram), -1, -1]
    return np.asarray(moment * (windows / counts))


def sums(
    parts: tuple[Any, LinearAutoregression, WindowSource], complete: bool, groups: int, origins: Any, firsts: Any
) -> Any:
    """Return X'X, X'Y and the observations per step of one batch of windows; see `accumulate`.

    Args:
        parts: network, regression and panel.
        complete: whether windows with a missing target are left out: where no value is missing, these are of series no
            longer than the horizon.
        groups: G; the X'X of a group is that of all windows with a target at one of its steps.
        origins: [B] last observed row of each window.
        firsts: [B] first row of its series.
    """
    network, regression, source = parts
    windows = source.gather(origins, firsts)
    scaled = network.scaler(windows.context)
    known = tf.cast(windows.known[:, source.task.context_length], tf.float64)
    rows, center, scale = regression.rows(scaled.values, scaled.observed, known)  # [B, D]
    target = windows.target[:, : regression.outputs]
    weight = scaled.varies * tf.cast(tf.math.is_finite(target), tf.float64)  # [B, H]
    if complete:
        weight = tf.reduce_min(weight, axis=1, keepdims=True) + tf.zeros_like(weight)
    distance = (scaled.relative(target) - center) / scale
    distance = tf.where(weight > 0, distance, tf.zeros_like(target))
    moment = tf.matmul(rows, weight * distance, transpose_a=True)
    counted = [tf.reduce_max(weight[:, group::groups], axis=1, keepdims=True) for group in range(groups)]
    gram = tf.stack([tf.matmul(rows, one * rows, transpose_a=True) for one in counted])
    return gram, moment, tf.reduce_sum(weight, axis=0)


def solve_ridge(gram: np.ndarray, moment: np.ndarray, ridge: float) -> np.ndarray:
    """Return the kernel [D, H] that minimises |Y - X K|^2 + penalty |K|^2, the constant not penalised.

    Args:
        gram: X'X as [G, D, D], for steps g, g + G, ...; the last regressor is the constant.
        moment: X'Y as [D, H].
        ridge: penalty relative to the mean of the diagonal of X'X.
    """
    size = gram.shape[1]
    free = np.ones(size)
    free[-1] = 0
    penalty = ridge * np.trace(gram, axis1=1, axis2=2) / size
    penalised = gram + penalty[:, None, None] * np.diag(free)
    kernel = np.empty_like(moment)
    for group, one in enumerate(penalised):
        steps = slice(group, None, len(penalised))
        kernel[:, steps] = np.linalg.solve(one, moment[:, steps])
    return kernel
