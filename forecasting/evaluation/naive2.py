"""Naive2 of the M4 competition: naive on the seasonally adjusted series, where the season passes a test."""

from __future__ import annotations

import numpy as np

#: 90 percent point of the standard normal, two-sided, as the competition's code has it.
CRITICAL = 1.645


def naive2(history: np.ndarray, horizon: int, period: int) -> np.ndarray:
    """Forecast `horizon` steps of one series.

    Classical multiplicative decomposition, naive on the adjusted series, seasonal factors put back
    (Makridakis, Spiliotis & Assimakopoulos 2020). Missing values are bridged linearly for the
    decomposition; series with values of 0 or less are not adjusted.

    Args:
        history: [T] observed values, NaN where missing.
        horizon: H.
        period: season in steps.
    """
    present = np.flatnonzero(~np.isnan(history))
    if len(present) == 0:
        return np.full(horizon, np.nan)
    series = np.interp(np.arange(present[0], present[-1] + 1), present, history[present])
    factors = seasonal_factors(series, period) if is_seasonal(series, period) else np.ones(period)
    adjusted = series[-1] / factors[(len(series) - 1) % period]
    # Trailing missing values move the phase of the first forecast on.
    first = len(series) + len(history) - 1 - present[-1]
    return adjusted * factors[(first + np.arange(horizon)) % period]


def is_seasonal(series: np.ndarray, period: int) -> bool:
    """Whether the autocorrelation at `period` exceeds its 90 percent limit given the shorter lags."""
    if period < 2 or len(series) < 3 * period or series.min() <= 0 or np.ptp(series) == 0:
        return False
    centred = series - series.mean()
    lags = np.array([centred[lag:] @ centred[: len(series) - lag] for lag in range(1, period + 1)]) / (
        centred @ centred
    )
    limit = CRITICAL / np.sqrt(len(series)) * np.sqrt(1 + 2 * np.sum(lags[: period - 1] ** 2))
    return bool(abs(lags[period - 1]) > limit)


def seasonal_factors(series: np.ndarray, period: int) -> np.ndarray:
    """Return the multiplicative factors [period], by phase counted from the first value, with mean 1."""
    weights = np.ones(period) if period % 2 else np.r_[0.5, np.ones(period - 1), 0.5]
    trend = np.convolve(series, weights / period, mode="valid")
    start = (len(weights) - 1) // 2
    ratio = series[start : start + len(trend)] / trend
    phase = (start + np.arange(len(trend))) % period
    factors = np.bincount(phase, ratio, period) / np.bincount(phase, minlength=period)
    return factors / factors.mean()
