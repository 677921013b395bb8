"""Quantiles that cannot cross: a median and steps away from it that are never negative."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from forecasting.errors import ConfigError
from forecasting.heads._numbers import NumberHead

#: Smallest gap between neighbouring quantiles that `raw_of` can express.
SMALLEST_GAP = 1e-12


class Head(NumberHead):
    """Reads Q raw numbers per step: the median, and the logarithmic gaps to its neighbours outwards.

    Args:
        quantile_levels: ascending levels that include 0.5.
        symbols: must be empty.

    Raises:
        ConfigError: there are no levels.
    """

    def __init__(self, quantile_levels: tuple[float, ...], symbols: tuple[str, ...] = (), **kwargs: Any) -> None:
        if not quantile_levels:
            raise ConfigError("A quantile head needs `quantile_levels`. Got none.", field="quantile_levels")
        super().__init__(quantile_levels, symbols, **kwargs)
        # Summing gaps outwards from the median is one product with a matrix of signs, cheaper than two cumulative sums.
        gap, level = np.indices((self.parameters, self.parameters))
        self.signs = np.where((self.median < gap) & (gap <= level), 1, 0) - np.where(
            (level <= gap) & (gap < self.median), 1, 0
        )

    def call(self, raw: Any) -> Any:
        """Turn raw [B, H, Q] into ascending quantiles [B, H, Q]."""
        signs = ops.cast(self.signs, raw.dtype)
        return raw[:, :, self.median : self.median + 1] + ops.matmul(ops.softplus(raw), signs)

    def raw_of(self, outputs: Any) -> Any:
        """Return the raw numbers [B, H, Q] that `call` turns into these ascending quantiles [B, H, Q]."""
        gaps = ops.maximum(outputs[:, :, 1:] - outputs[:, :, :-1], SMALLEST_GAP)
        raw = gaps + ops.log(-ops.expm1(-gaps))  # softplus backwards
        return ops.concatenate(
            [raw[:, :, : self.median], outputs[:, :, self.median : self.median + 1], raw[:, :, self.median :]], axis=2
        )

    def loss(self, raw: Any, target: Any) -> Any:
        """Return the pinball loss, averaged over levels and doubled (so that Q = 1 is the absolute error), as [B, H].

        Koenker & Bassett 1978: L_q(y, f) = max(q (y - f), (q - 1) (y - f)).
        """
        error = target[:, :, None] - self.call(raw)
        levels = ops.cast(self.levels, error.dtype)
        return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=2)
