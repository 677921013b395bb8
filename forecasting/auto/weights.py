"""Which forecasts to average, found on windows that no model was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Rounds of the selection: weights are multiples of 1 / 20 or coarser.
ROUNDS = 20

#: An ensemble must be better than its best member by this share, else the member alone is taken: it answers faster.
LEAST_GAIN = 0.002


def scaled_error(forecast: Array, y: Array, scale: Array, degree: int = 1) -> float:
    """Return the mean of |y - forecast| / scale over what was observed (MASE where the scale is that of MASE).

    Args:
        forecast: [W, H].
        y: [W, H], NaN where missing.
        scale: [W], NaN for windows that count for nothing.
        degree: by which power of the errors the mean goes; of 2, its root is returned.
    """
    error = (np.abs(y - forecast) / scale[:, None]) ** degree
    return float(np.nanmean(error) ** (1 / degree)) if np.isfinite(error).any() else float("nan")


def greedy_weights(forecasts: Array, y: Array, scale: Array, most: int, degree: int = 1) -> Array:
    """Return the weights [M] of forecasts, summing to 1: forward selection with replacement.

    Caruana, Niculescu-Mizil, Crew and Ksikes 2004, Ensemble selection from libraries of models: begin with the best
    one; again and again add the one, chosen before or not, whose addition to the average lowers the error most; keep
    the best average that was met on the way. Where nothing can be compared, the first one is taken.

    Args:
        forecasts: [M, W, H], all of them finite.
        y: [W, H], NaN where missing.
        scale: [W], as for `scaled_error`.
        most: members at most.
        degree: as for `scaled_error`.
    """
    single = np.array([scaled_error(one, y, scale, degree) for one in forecasts])
    counts = np.zeros(len(forecasts))
    best = int(np.nanargmin(single)) if np.isfinite(single).any() else 0
    counts[best] = 1
    if not np.isfinite(single[best]):
        return counts
    kept, kept_error = counts.copy(), single[best] * (1 - LEAST_GAIN)
    total = forecasts[best].copy()
    for _ in range(ROUNDS - 1):
        free = counts > 0 if np.count_nonzero(counts) >= most else np.ones(len(counts), bool)
        size = counts.sum() + 1
        errors = {at: scaled_error((total + forecasts[at]) / size, y, scale, degree) for at in np.flatnonzero(free)}
        added = min(errors, key=lambda at: (errors[at], at))
        counts[added] += 1
        total += forecasts[added]
        if errors[added] < kept_error:
            kept, kept_error = counts.copy(), errors[added]
    return kept / kept.sum()
