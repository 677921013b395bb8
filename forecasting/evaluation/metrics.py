"""Error metrics of forecasts: lower is better, never sign-flipped.

What is missing counts for nothing, neither above nor below a fraction: a step whose observation is missing, or whose
forecast is, where a window could not be answered.

Of symbols: `accuracy`, of which more is better, and `perplexity`.

Per-series metrics are averaged over the windows and steps of a series, then over series, every series
counting the same; pooled ones (`wape`, `wql`) divide sums over everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from forecasting.schema import interval_quantiles

#: Metrics that rank models: the first one that they have. Numbers have a MASE, symbols a perplexity.
RANKED_BY = ("mase", "perplexity")


@dataclass(frozen=True)
class Scored:
    """Forecasts of W windows beside what happened.

    Attributes:
        y: [W, H] what happened, NaN where missing.
        forecast: [W, H] the median or point.
        series: [W] number of the series of each window.
        scale: [W] mean absolute seasonal difference of the history before the window (MASE).
        square_scale: [W] mean squared seasonal difference (RMSSE).
        naive2: [W, H] forecasts of the M4 competition's Naive2, for OWA; may be empty.
        quantiles: [W, H, Q] at `quantile_levels`.
        quantile_levels: [Q].
    """

    y: np.ndarray
    forecast: np.ndarray
    series: np.ndarray
    scale: np.ndarray
    square_scale: np.ndarray
    naive2: np.ndarray
    quantiles: np.ndarray
    quantile_levels: tuple[float, ...] = ()

    @cached_property
    def error(self) -> np.ndarray:
        """[W, H] y - forecast."""
        return self.y - self.forecast

    def mean(self, values: np.ndarray) -> float:
        """Average values [W, H] over the steps of each series, then over series; NaN counts for nothing."""
        return mean(values, self.series)

    def per_series(self, values: np.ndarray) -> np.ndarray:
        """Average values [W, H] over the windows and steps of each series; NaN where a series has none."""
        return per_series(values, self.series)


@dataclass(frozen=True)
class ScoredSymbols:
    """Forecast symbols of W windows beside what happened.

    Attributes:
        y: [W, H] codes of what happened, NaN where missing.
        forecast: [W, H] codes of the most probable symbols.
        probability: [W, H] that was given to what happened, NaN where missing.
        series: [W] number of the series of each window.
    """

    y: np.ndarray
    forecast: np.ndarray
    probability: np.ndarray
    series: np.ndarray

    @property
    def surprise(self) -> np.ndarray:
        """[W, H] -log p of what happened, natural logarithm."""
        with np.errstate(divide="ignore"):
            return -np.log(self.probability)


def mean(values: np.ndarray, series: np.ndarray) -> float:
    """Average values [W, H] over the windows and steps of each series, then over series; NaN counts for nothing."""
    return over_series(per_series(values, series))


def over_series(averages: np.ndarray) -> float:
    """Return the mean of the averages [S] of series that have one; NaN where none has."""
    return float(np.nanmean(averages)) if (~np.isnan(averages)).any() else float("nan")


def per_series(values: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Average values [W, H] over the windows and steps of each series; NaN where a series has none."""
    values = values.reshape(len(series), -1)
    present = ~np.isnan(values)
    names, codes = np.unique(series, return_inverse=True)
    total = np.bincount(codes, np.where(present, values, 0.0).sum(axis=1), len(names))
    count = np.bincount(codes, present.sum(axis=1), len(names))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def mae(scored: Scored) -> float:
    """Mean absolute error."""
    return scored.mean(np.abs(scored.error))


def rmse(scored: Scored) -> float:
    """Root mean squared error of each series, averaged over series."""
    return over_series(np.sqrt(scored.per_series(scored.error**2)))


def smape(scored: Scored) -> float:
    """Symmetric mean absolute percentage error, from 0 to 200; 0 where both are 0 (M4 competition)."""
    return scored.mean(symmetric_percentage(scored.y, scored.forecast))


def symmetric_percentage(y: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Return 200 |y - f| / (|y| + |f|), and 0 where both are 0."""
    size = np.abs(y) + np.abs(forecast)
    return np.where(size == 0, 0.0, 200 * np.abs(y - forecast) / np.where(size == 0, 1.0, size))


def mase(scored: Scored) -> float:
    """Mean absolute error over that of the seasonal naive in the history (Hyndman & Koehler 2006).

    Windows whose history never changes from season to season have no scale and count for nothing.
    """
    return scored.mean(np.abs(scored.error) / positive(scored.scale)[:, None])


def rmsse(scored: Scored) -> float:
    """Root of the mean squared error over that of the seasonal naive in the history (M5 competition)."""
    squared = scored.error**2 / positive(scored.square_scale)[:, None]
    return float(np.nanmean(np.sqrt(scored.per_series(squared)))) if np.isfinite(squared).any() else float("nan")


def positive(scale: np.ndarray) -> np.ndarray:
    """Return the scale, NaN where it is 0 or too large for a number."""
    return np.where((scale > 0) & np.isfinite(scale), scale, np.nan)


def where_scored(values: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """Return the values, NaN where one of the others, of the same shape, is NaN."""
    return np.where(np.isnan(others).any(axis=0), np.nan, values)


def ratio(part: float, whole: float) -> float:
    """Return `part / whole`, NaN where the whole is not above 0."""
    return float(part / whole) if whole > 0 else float("nan")


def wape(scored: Scored) -> float:
    """Sum of absolute errors over the sum of absolute values."""
    return ratio(np.nansum(np.abs(scored.error)), np.nansum(np.abs(where_scored(scored.y, scored.error))))


def owa(scored: Scored) -> float:
    """Overall weighted average of the M4 competition: mean of sMAPE and MASE, each relative to Naive2's.

    Both are compared on the steps that both have a forecast of. NaN where Naive2 makes no error, as on a constant
    series.
    """
    model = replace(scored, y=where_scored(scored.y, scored.forecast, scored.naive2))
    benchmark = replace(model, forecast=scored.naive2)
    return (ratio(smape(model), smape(benchmark)) + ratio(mase(model), mase(benchmark))) / 2


def wql(scored: Scored) -> float:
    """Weighted quantile loss: twice the pinball loss summed over everything, over the sum of |y|, mean over levels."""
    loss = pinball(scored).mean(axis=2)
    return ratio(np.nansum(loss), np.nansum(np.abs(where_scored(scored.y, loss))))


def scaled_crps(scored: Scored) -> float:
    """CRPS of each series, summed over its observations and divided by their sum of |y|; averaged over series.

    CRPS = 2 int_0^1 pinball_p(y, q_p) dp (Matheson & Winkler 1976; Gneiting & Raftery 2007), as a sum over the Q
    levels: each counts for the part of [0, 1] that is nearest to it, so that levels may lie unevenly.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        crps = pinball(scored) @ level_weights(scored.quantile_levels)
        relative = scored.per_series(crps) / scored.per_series(np.abs(where_scored(scored.y, crps)))
    found = relative[np.isfinite(relative)]
    return float(found.mean()) if len(found) else float("nan")


def level_weights(levels: Collection[float]) -> np.ndarray:
    """Return the part of [0, 1] that is nearest to each of ascending levels [Q]; sums to 1.

    >>> level_weights((0.25, 0.75)).tolist()
    [0.5, 0.5]
    """
    given = np.asarray(list(levels))
    return np.diff([0.0, *((given[1:] + given[:-1]) / 2), 1.0])


def pinball(scored: Scored) -> np.ndarray:
    """Return twice the pinball loss [W, H, Q] (Koenker & Bassett 1978)."""
    error = scored.y[:, :, None] - scored.quantiles
    levels = np.asarray(scored.quantile_levels)
    return 2 * np.maximum(levels * error, (levels - 1) * error)


def pinball_at(scored: Scored, quantile_level: float) -> float:
    """Mean pinball loss max(q (y - f), (q - 1) (y - f)) at one quantile level, in units of y."""
    return scored.mean(pinball(scored)[:, :, scored.quantile_levels.index(quantile_level)] / 2)


def bounds(scored: Scored, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds [W, H] of the central `level` percent interval."""
    lower, upper = interval_quantiles(level)
    levels = scored.quantile_levels
    return scored.quantiles[:, :, levels.index(lower)], scored.quantiles[:, :, levels.index(upper)]


def coverage(scored: Scored, level: float) -> float:
    """Share of observations inside the interval; `level` / 100 is the aim."""
    lower, upper = bounds(scored, level)
    inside = ((scored.y >= lower) & (scored.y <= upper)).astype(float)
    return scored.mean(where_scored(inside, scored.y, lower, upper))


def winkler(scored: Scored, level: float) -> float:
    """Winkler's interval score: width, plus 2 / alpha times the distance of observations outside (Winkler 1972)."""
    lower, upper = bounds(scored, level)
    alpha = 1 - level / 100
    outside = np.maximum(lower - scored.y, 0) + np.maximum(scored.y - upper, 0)
    return scored.mean(upper - lower + 2 / alpha * outside)


def width(scored: Scored, level: float) -> float:
    """Mean width of the interval, in units of y."""
    lower, upper = bounds(scored, level)
    return scored.mean(where_scored(upper - lower, scored.y))


def accuracy(scored: ScoredSymbols) -> float:
    """Share of steps whose most probable symbol is what happened."""
    hit = (scored.y == scored.forecast).astype(float)
    return mean(where_scored(hit, scored.y, scored.forecast), scored.series)


def perplexity(scored: ScoredSymbols) -> float:
    """exp of the mean of -log p of what happened: as uncertain as among that many equally probable symbols."""
    return float(np.exp(mean(scored.surprise, scored.series)))


def ranking_metric(found: Collection[str]) -> str:
    """Return the metric that ranks, out of the names of those that there are."""
    return next(name for name in RANKED_BY if name in found)


#: Metrics of a point forecast, by name.
POINT_METRICS: dict[str, Callable[[Scored], float]] = {
    metric.__name__: metric for metric in (mae, rmse, smape, mase, rmsse, wape, owa)
}
#: Metrics of a set of quantiles, by name.
QUANTILE_METRICS: dict[str, Callable[[Scored], float]] = {metric.__name__: metric for metric in (wql, scaled_crps)}
#: Metrics of one interval, by name.
INTERVAL_METRICS: dict[str, Callable[[Scored, float], float]] = {
    metric.__name__: metric for metric in (coverage, winkler, width)
}

#: Metrics of symbols, by name.
SYMBOL_METRICS: dict[str, Callable[[ScoredSymbols], float]] = {
    metric.__name__: metric for metric in (perplexity, accuracy)
}


def evaluate_symbols(scored: ScoredSymbols) -> dict[str, float]:
    """Return every metric of symbols, by name.

    >>> import numpy as np
    >>> half = np.full((1, 2), 0.5)
    >>> evaluate_symbols(ScoredSymbols(np.array([[0.0, 1.0]]), np.zeros((1, 2)), half, np.zeros(1, int)))
    {'perplexity': 2.0, 'accuracy': 0.5}
    """
    return {name: metric(scored) for name, metric in SYMBOL_METRICS.items()}


def evaluate(scored: Scored, level: tuple[float, ...] = ()) -> dict[str, float]:
    """Return every metric that the forecasts allow, by name.

    Those of an interval are named like `coverage_80`, the loss of its bounds like `pinball_0.1`.

    >>> import numpy as np
    >>> one = np.ones((1, 2))
    >>> scored = Scored(2 * one, one, np.zeros(1, int), np.ones(1), np.ones(1), one, np.zeros((1, 2, 0)))
    >>> evaluate(scored)["mase"]
    1.0
    """
    found = {name: metric(scored) for name, metric in POINT_METRICS.items() if name != "owa" or scored.naive2.size}
    if scored.quantile_levels:
        found |= {name: metric(scored) for name, metric in QUANTILE_METRICS.items()}
    for one in level:
        found |= {f"{name}_{one:g}": metric(scored, one) for name, metric in INTERVAL_METRICS.items()}
        found |= {f"pinball_{q:g}": pinball_at(scored, q) for q in interval_quantiles(one)}
    return found
