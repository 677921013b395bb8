"""Quantiles that cannot cross: a median and steps away from it that are never negative."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.heads.distribution import require_levels
from forecasting.heads.numbers import TrainedNumbers
from forecasting.heads.traits import HeadTraits
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=False, is_whole=False, has_location=True)

#: Smallest gap between neighbouring quantiles that `raw_of` can express.
SMALLEST_GAP = 1e-12


class Head(TrainedNumbers):
    """Reads Q raw numbers per step: the median, and the logarithmic gaps to its neighbours outwards, in scaled units.

    Args:
        task: its quantile levels are ascending and include 0.5.
        link: see `NumberHead`.

    Raises:
        ConfigError: there are no levels, or there are symbols.
    """

    traits = TRAITS

    def __init__(self, task: Task, link: Link | None = None, **kwargs: Any) -> None:
        super().__init__(task, link, require_levels(task), **kwargs)
        # Summing gaps outwards from the median is one product with a matrix of signs, cheaper than two cumulative sums.
        gap, level = np.indices((self.parameters, self.parameters))
        self.signs = np.where((self.median < gap) & (gap <= level), 1, 0) - np.where(
            (level <= gap) & (gap < self.median), 1, 0
        )

    def numbers(self, raw: Tensor) -> Tensor:
        """Turn raw [B, S, Q] into ascending scaled quantiles [B, S, Q]."""
        signs = ops.cast(self.signs, raw.dtype)
        return raw[:, :, self.median : self.median + 1] + ops.matmul(ops.softplus(raw), signs)

    def raw_of(self, numbers: Tensor) -> Tensor:
        """Return the raw numbers [B, S, Q] that `numbers` turns into these ascending scaled quantiles [B, S, Q]."""
        gaps = ops.maximum(numbers[:, :, 1:] - numbers[:, :, :-1], SMALLEST_GAP)
        raw = gaps + ops.log(-ops.expm1(-gaps))  # softplus backwards
        return ops.concatenate(
            [raw[:, :, : self.median], numbers[:, :, self.median : self.median + 1], raw[:, :, self.median :]], axis=2
        )

    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return the pinball loss in scaled units, averaged over levels and doubled (Q = 1: absolute error), as [B, S].

        Koenker & Bassett 1978: L_q(y, f) = max(q (y - f), (q - 1) (y - f)).
        """
        error = self.errors(raw, scaled, target)
        levels = ops.cast(self.levels, error.dtype)
        return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=2)
