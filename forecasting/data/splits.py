"""Temporal splits: how many rows train, which origins validate or calibrate, and which a backtest rolls over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config.strict import is_count, require
from forecasting.data.origins import Origins, RollingOrigins

#: A forecast is scored only after at least this many rows of history.
_LEAST_HISTORY = 2


def validation_ends(lengths: NDArray[np.integer[Any]], horizon: int, windows: int) -> NDArray[np.int64]:
    """Return how many rows of each series train when at most the last `windows * horizon` are held out.

    A series gives as many horizons as leave it half of its rows and more than a horizon; one that can spare none is not
    split. So a training on short series is still told when to stop.

    Args:
        lengths: [S] rows of each series.
        horizon: H.
        windows: horizons held out.

    Returns:
        [S] int64, equal to `lengths` where nothing is held out.
    """
    lengths = np.asarray(lengths, np.int64)
    ends = lengths - np.minimum(windows, lengths // (2 * horizon)) * horizon
    return np.where(ends > horizon, ends, lengths)


def calibration_ends(lengths: NDArray[np.integer[Any]], horizon: int, windows: int) -> NDArray[np.int64]:
    """Return how many rows of each series are left when the last `windows * horizon` calibrate.

    A series gives all of them or none: none where less than half of its rows, or no more than a horizon, would be left.
    Arguments and result are those of `validation_ends`.
    """
    lengths = np.asarray(lengths, np.int64)
    ends = lengths - windows * horizon
    return np.where((2 * ends >= lengths) & (ends > horizon), ends, lengths)


def validation_origins(
    lengths: NDArray[np.integer[Any]], ends: NDArray[np.integer[Any]], horizon: int, max_origins: int = 2048
) -> Origins:
    """Return origins whose targets all lie in the held-out rows, evenly spread and at most `max_origins`.

    Args:
        lengths: [S] rows of each series.
        ends: [S] rows that train, as of `validation_ends`.
        horizon: H.
        max_origins: bound on the number of origins; with more series than that, evenly chosen ones get one each.

    Returns:
        W origins, sorted. The last one of a series is its row T - H - 1.
    """
    lengths, ends = np.asarray(lengths, np.int64), np.asarray(ends, np.int64)
    possible = np.where(ends < lengths, lengths - horizon - ends + 1, 0)
    series = np.flatnonzero(possible > 0)
    if len(series) > max_origins:
        series = series[np.arange(max_origins) * len(series) // max_origins]
    possible = possible[series]
    total = max(int(possible.sum()), 1)
    count = np.maximum(1, possible * min(max_origins, total) // total)
    excess = int(count.sum()) - max_origins
    if excess > 0:  # rounding up to one each went over the bound: the longest tails give way
        largest = np.argsort(-count, kind="stable")
        room = np.cumsum((count - 1)[largest])
        taken = np.diff(np.minimum(room, excess), prepend=0)
        count[largest] -= taken
    owner = np.repeat(np.arange(len(series)), count)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    back = (count[owner] - 1 - rank) * possible[owner] // count[owner]
    return Origins(series[owner], lengths[series[owner]] - horizon - 1 - back)


def rolling_origins(
    lengths: NDArray[np.integer[Any]], horizon: int, windows: int, step: int | None = None
) -> RollingOrigins:
    """Return the origins of a rolling backtest, counted from the end of each series.

    The last origin of a series is its row T - H - 1, each earlier one lies `step` rows before. An origin needs two
    rows of history; a series too short for all windows has the later ones.

    Args:
        lengths: [S] rows of each series.
        horizon: H.
        windows: origins per series.
        step: rows between two origins; H by default.

    Raises:
        ConfigError: `horizon`, `windows` or `step` is no integer of at least 1.
    """
    step = horizon if step is None else step
    for name, value in (("horizon", horizon), ("windows", windows), ("step", step)):
        require(is_count(value), name, "an integer of at least 1", value)
    lengths = np.asarray(lengths, np.int64)
    steps = lengths[:, None] - horizon - 1 - step * np.arange(windows - 1, -1, -1)
    series, window = np.nonzero(steps >= _LEAST_HISTORY - 1)
    return RollingOrigins(Origins(series, steps[series, window]), window)
