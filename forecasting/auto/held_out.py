"""Rolling origins held out of training, on which models are compared and combined before they are chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from forecasting.auto.weights import greedy_weights, scaled_error
from forecasting.config.task import Task
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.splits import rolling_origins
from forecasting.errors import TrainingError
from forecasting.evaluation.backtest import seasonal_scales
from forecasting.network.graphs import CHUNK
from forecasting.prediction.ladder import NON_FINITE
from forecasting.prediction.predictor import Predictor

#: Windows wanted for a comparison, over all series, and origins of one series at most.
WANTED, MOST_ORIGINS = 400, 20

#: Share of the rows of the median series that is held out at most, where that is a horizon or more.
MOST_SHARE = 0.2

#: Windows that are scored at most, evenly spread over the series.
MOST_SCORED = 20_000


@dataclass(frozen=True, eq=False)
class HeldOut:
    """W windows that no candidate is trained on.

    Attributes:
        panel: all rows.
        known: the rows before the first held-out origin of each series; all rows where no series can spare any.
        whole: all rows of the series that `known` has.
        origins: of the W windows.
        y: [W, H] what happened, NaN where missing.
        scale: [W] mean absolute seasonal difference of the rows before; 1 for all where none has any.
        degree: by which power of the errors forecasts are compared.
    """

    panel: Panel
    known: Panel
    whole: Panel
    origins: Origins
    y: NDArray[np.float64]
    scale: NDArray[np.float64]
    degree: int = 1

    @classmethod
    def of(cls, panel: Panel, task: Task, windows: int = 0, degree: int = 1) -> Self:
        """Hold the last horizons of each series out.

        Origins lie a horizon apart, or closer where they would be fewer than `WANTED`.

        Args:
            panel: all rows that may be looked at.
            task: horizon and season.
            windows: horizons of each series; by `origins_by_rule` when 0.
            degree: by which power of the errors forecasts are compared.
        """
        horizon, windows = task.horizon, windows or origins_by_rule(panel, task.horizon)
        apart = rows_between(horizon, windows * panel.n_series)
        count = (windows - 1) * horizon // apart + 1
        rolling = rolling_origins(panel.lengths, horizon, count, apart)
        known = whole = panel
        if len(rolling):
            ends = rolling.ends(panel.n_series)
            known, whole = panel.truncate(ends), panel if ends.all() else panel.select(ends > 0)
        if len(rolling) > MOST_SCORED:
            rolling = rolling[np.arange(MOST_SCORED) * len(rolling) // MOST_SCORED]
        origins = rolling.origins
        scale = seasonal_scales(panel, origins, task.season[0])[0]
        scale = np.where(scale > 0, scale, np.nan)
        scale = scale if np.isfinite(scale).any() else np.ones(len(scale))
        return cls(panel, known, whole, origins, panel.contexts(origins.later(horizon), horizon), scale, degree)

    @property
    def windows(self) -> int:
        """W."""
        return len(self.origins)

    def forecast(self, predictor: Predictor) -> NDArray[np.float64]:
        """Return the medians or points [W, H] of a predictor, NaN in windows that nothing can be said of.

        Raises:
            TrainingError: its numbers are not finite somewhere, and another model would have to answer.
        """
        medians, broken = [], 0
        for start in range(0, self.windows, CHUNK):  # an answer has all quantiles, of which one is kept
            some = self.origins[start : start + CHUNK]
            names, series = np.unique(some.series, return_inverse=True)
            answer = predictor.predict_panel(self.panel.select(names), None, Origins(series, some.steps))
            medians.append(answer.median)
            broken += sum(status.endswith(f":{NON_FINITE}") for status in answer.status)
        if broken:
            text = f"{broken} of {self.windows} forecasts were not finite."
            raise TrainingError(text, code="non_finite_output")
        return np.concatenate(medians)

    def error(self, forecast: NDArray[np.float64]) -> float:
        """Return the mean scaled error of a forecast [W, H] (its root, of squares), or infinity where it has none."""
        found = scaled_error(forecast, self.y, self.scale, self.degree)
        return found if math.isfinite(found) else math.inf

    def weights(self, forecasts: NDArray[np.float64], most: int) -> NDArray[np.float64]:
        """Return the weights [M] of forecasts [M, W, H], of which at most `most` are above 0."""
        can_be_compared = np.isfinite(forecasts).all(axis=(0, 2))
        y, scale = self.y[can_be_compared], self.scale[can_be_compared]
        return greedy_weights(forecasts[:, can_be_compared], y, scale, most, self.degree)


def rows_between(horizon: int, windows: int) -> int:
    """Return how many rows lie between two origins: a part of the horizon, so that about `WANTED` are compared.

    >>> rows_between(720, 28), rows_between(24, 400)
    (48, 24)
    """
    wanted = min(horizon, max(1, horizon * windows // WANTED))
    return next(rows for rows in range(wanted, 0, -1) if horizon % rows == 0)


def origins_by_rule(panel: Panel, horizon: int) -> int:
    """Return how many horizons of each series are held out.

    Enough that `WANTED` windows compare the candidates, from at least two times where the series are long: what is good
    at one time need not be at another. Rows held out are rows not learnt from, so not more than `MOST_SHARE` of them.

    >>> from forecasting.data.time.calendar import Frequency
    >>> start, hourly = np.datetime64("2024-01-01", "us"), Frequency.parse("h")
    >>> origins_by_rule(Panel.from_arrays(["a"], [start], [np.zeros(5000)], hourly), horizon=24)
    20
    """
    possible = int(MOST_SHARE * float(np.median(panel.lengths)) / horizon)
    return max(1, min(max(2, math.ceil(WANTED / panel.n_series)), MOST_ORIGINS, possible))
