"""How honest quantiles are: coverage by level, the PIT histogram, width by step ahead.

What is averaged here is averaged over all observations alike; the metrics in `metrics` let every series count the same.
Observations without a forecast count for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.evaluation.metrics import Scored, bounds


def coverage_by_level(scored: Scored, level: Sequence[float]) -> NDArray[np.float64]:
    """Return the share of observations inside each central interval; NaN where no interval has one.

    Args:
        scored: forecasts with the quantiles that bound the intervals.
        level: central intervals, in percent.
    """
    shares = []
    for one in level:
        lower, upper = bounds(scored, one)
        inside = (scored.y >= lower) & (scored.y <= upper)  # never where one of them is NaN
        count = (~np.isnan([scored.y, lower, upper]).any(axis=0)).sum()
        shares.append(inside.sum() / count if count else np.nan)
    return np.array(shares)


def width_by_step(scored: Scored, level: float) -> NDArray[np.float64]:
    """Return the width of an interval by step ahead [H], in units of the seasonal naive's mean error (MASE's scale).

    Windows whose history never changes have no such unit and count for nothing.
    """
    lower, upper = bounds(scored, level)
    unit = np.where(scored.scale > 0, scored.scale, np.nan)[:, None]
    width = (upper - lower) / unit
    usable = np.isfinite(width)
    total, count = np.where(usable, width, 0.0).sum(axis=0), usable.sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float64] = total / count
    return mean


def pit_histogram(scored: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the histogram of the probability integral transform: edges [Q + 2] and density [Q + 1].

    The edges are 0, the quantile levels, 1. Calibrated forecasts have density 1 everywhere; a U means intervals too
    narrow, a hump too wide, a slope a bias. An observation equal to several quantiles (counts, zeros) is spread over
    all cells between them, so that discrete forecasts are judged alike (Czado, Gneiting & Held 2009, Biometrics 65).
    """
    edges = np.array([0.0, *scored.quantile_levels, 1.0])
    observed = ~(np.isnan(scored.y) | np.isnan(scored.quantiles).any(axis=2))
    y, quantiles = scored.y[observed][:, None], scored.quantiles[observed]
    first, last = (quantiles < y).sum(axis=1), (quantiles <= y).sum(axis=1)  # cells that each observation may lie in
    spread = 1 / (edges[last + 1] - edges[first])
    # a run of cells is +spread where it begins and -spread after it ends
    change = np.bincount(first, spread, len(edges)) - np.bincount(last + 1, spread, len(edges))
    return edges, np.cumsum(change)[:-1] / max(len(y), 1)
