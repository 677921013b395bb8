"""Ridge regression in closed form: X'X and X'y are summed over all windows through the same gather.

No matrix of windows is ever made: ten million windows of 168 lags would be 13 GB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from forecasting.data.windows import WindowIndex
from forecasting.layers.linear import LinearAutoregression
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork
from forecasting.training.source import WindowSource

BATCH = 4096

#: Windows that are summed where the regression is only what a network starts from: more no longer move it.
MOST_WINDOWS = 100_000

#: Numbers in the sums X'X of all steps of a horizon, above which steps at the same place of a season share one.
MOST_SUMS = 1 << 25

#: Penalty where the user chooses none.
RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Sums:
    """What a ridge regression is solved from, summed over windows.

    Attributes:
        gram: X'X [G, D, D]; step h of the horizon has that of group h % G. The last regressor is the constant, so its
            last number counts the windows.
        moment: X'Y [D, H].
        counts: observations per step [H].
    """

    gram: np.ndarray
    moment: np.ndarray
    counts: np.ndarray

    def kernel(self, ridge: float) -> np.ndarray:
        """Return the kernel [D, H] that minimises |Y - X K|^2 + penalty |K|^2, the constant not penalised.

        Where a step has the X'X of its own windows, X'Y is taken as it is; where steps share one, what is observed of
        a step stands for what is missing of it.

        Args:
            ridge: penalty relative to the mean of the diagonal of X'X.
        """
        groups, size = self.gram.shape[:2]
        windows = self.gram[np.arange(len(self.counts)) % groups, -1, -1]
        moment = self.moment * (windows / self.counts)
        free = np.ones(size)
        free[-1] = 0
        penalty = ridge * np.trace(self.gram, axis1=1, axis2=2) / size
        penalised = self.gram + penalty[:, None, None] * np.diag(free)
        kernel = np.empty_like(moment)
        for group, one in enumerate(penalised):
            steps = slice(group, None, groups)
            kernel[:, steps] = np.linalg.solve(one, moment[:, steps])
        return kernel


@dataclass(frozen=True, eq=False)
class WindowSums:
    """Sums the windows of a panel for a regression, batch by batch, through the network's own scaling.

    Attributes:
        network: scales the windows.
        regression: makes the rows X of them.
        source: the panel.
        most: windows that are summed at most, evenly chosen; 0 sums all.
    """

    network: ForecastNetwork
    regression: LinearAutoregression
    source: WindowSource
    most: int = 0

    @cached_property
    def is_complete(self) -> bool:
        """Whether no value is missing: then a window without some target is one of a series shorter than H."""
        return not np.isnan(self.source.arrays.y[observed_rows(self.source)]).any()

    @cached_property
    def groups(self) -> int:
        """G; the X'X of a group is that of all windows with a target at one of its steps."""
        return 1 if self.is_complete else groups_of(self.regression, self.source.task.season, self.most)

    def over(self, index: WindowIndex) -> Sums:
        """Sum the windows of an index."""
        chosen = np.arange(0, index.count, max(1, -(-index.count // self.most)) if self.most else 1)
        gram, moment, counts = 0.0, 0.0, 0.0
        rows = [tf.TensorSpec([None], tf.int64)] * 2
        batch = tf.function(self.of_batch, input_signature=rows, autograph=False).get_concrete_function()
        for start in range(0, len(chosen), BATCH):
            origins, firsts = index.locate(chosen[start : start + BATCH])
            found = batch(tf.constant(origins), tf.constant(firsts))
            gram, moment, counts = gram + found[0].numpy(), moment + found[1].numpy(), counts + found[2].numpy()
        return Sums(np.asarray(gram), np.asarray(moment), np.asarray(counts))

    def of_batch(self, origins: Tensor, firsts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return gram, moment and counts of the windows whose last observed and whose series' first rows are given."""
        windows = self.source.gather(origins, firsts)
        scaled = self.network.scaler(windows.context)
        known = tf.cast(windows.known[:, self.source.task.context_length], tf.float64)
        rows, center, scale = self.regression.rows(scaled.values, scaled.observed, known)  # [B, D]
        target = windows.target[:, : self.regression.outputs]
        weight = scaled.varies * tf.cast(tf.math.is_finite(target), tf.float64)  # [B, H]
        if self.is_complete:
            weight = tf.reduce_min(weight, axis=1, keepdims=True) + tf.zeros_like(weight)
        distance = (scaled.relative(target) - center) / scale
        distance = tf.where(weight > 0, distance, tf.zeros_like(target))
        moment = tf.matmul(rows, weight * distance, transpose_a=True)
        counted = [
            tf.reduce_max(weight[:, group :: self.groups], axis=1, keepdims=True) for group in range(self.groups)
        ]
        gram = tf.stack([tf.matmul(rows, one * rows, transpose_a=True) for one in counted])
        return gram, moment, tf.reduce_sum(weight, axis=0)


def solve_base(network: ForecastNetwork, source: WindowSource, index: WindowIndex) -> None:
    """Solve the regression of a network's base forecast, where it has one, from the windows of an index.

    It stays 0, and the network forecasts alone, where a step is observed in no window whose context varies.
    """
    regression = network.core.regression
    if regression is None:
        return
    sums = WindowSums(network, regression, source, MOST_WINDOWS).over(index)
    regression.kernel.assign(sums.kernel(RIDGE) if sums.counts.all() else 0.0 * sums.moment)


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
        most: as in `WindowSums`; where all windows are summed, each step has its own.
    """
    rows, outputs = regression.kernel.shape
    possible = MOST_SUMS // rows**2
    if most == 0 or outputs <= possible:
        return int(outputs)
    return max((period for period in season if period <= min(possible, outputs)), default=1)
