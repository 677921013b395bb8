"""Seasonal periods: the natural ones of a cadence, and the ones that the autocorrelation shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.data.time.grids import DAYS_PER_YEAR

_CYCLES_IN_SECONDS = (60, 3_600, 86_400, 604_800)
_LONGEST_PERIOD = 10_080

_MOST_SERIES = 200
_MOST_ROWS = 2_000
_LEAST_ROWS = 9
#: A season's mean autocorrelation over its first multiples is at least this, over the root of their number ...
_CLEAR_CORRELATION = 0.25
#: ... and this many deviations of what chance makes of independent values.
_CLEAR_DEVIATIONS = 4.0
_MULTIPLES = 3
#: The season is the shortest divisor of the strongest lag whose peak is this high in comparison.
_NEARLY_AS_HIGH = 0.75
#: A multiple of the season is a season of its own when it stands out by this much from the multiples before it.
_PROMINENCE = 0.03


def season_of_cadence(days: float) -> tuple[int, ...]:
    """Return the natural seasonal periods of steps of `days` days, at most two, longest last; (1,) for none.

    >>> season_of_cadence(1 / 24), season_of_cadence(1.0), season_of_cadence(365.2425 / 12)
    ((24, 168), (7,), (12,))
    """
    if days < 1:
        ratios = [cycle / (days * 86_400) for cycle in _CYCLES_IN_SECONDS]
        periods = [round(ratio) for ratio in ratios if abs(ratio - round(ratio)) < 1e-9]
        return tuple(period for period in periods if 2 <= period <= _LONGEST_PERIOD)[-2:] or (1,)
    if days < 7:
        return (7,) if days == 1 else (5,) if 1 < days < 1.5 else (1,)
    per_year = round(DAYS_PER_YEAR / days)
    return (per_year,) if per_year >= 1 and abs(per_year * days - DAYS_PER_YEAR) < 5 else (1,)


def estimate_season(y: NDArray[np.float64], offsets: NDArray[np.int64]) -> tuple[int, ...]:
    """Estimate the seasonal periods, in steps, from the autocorrelation of the differences.

    The differences of up to 200 series (of their last 2,000 rows) are clipped at five median deviations, and their
    autocorrelations averaged. Each lag, up to a third of a series, is judged by itself and its first multiples. The
    season is the strongest lag, or a divisor of it whose peak is nearly as high; a multiple joins when it stands out
    from the multiples before it (168 over 24).

    Args:
        y: [N] values, NaN where missing.
        offsets: [S + 1]; series s has the rows offsets[s] to offsets[s + 1].

    Returns:
        One or two periods, longest last; (1,) when no season is clear.
    """
    n_series = len(offsets) - 1
    chosen = np.arange(min(n_series, _MOST_SERIES)) * n_series // max(1, min(n_series, _MOST_SERIES))
    series = [_clipped_differences(y[offsets[s] : offsets[s + 1]][-_MOST_ROWS:]) for s in chosen]
    series = [values for values in series if len(values)]
    correlation = _pooled_autocorrelation(series)
    # by chance alone, the autocorrelation of n values deviates by about 1 / sqrt(n)
    chance = _CLEAR_DEVIATIONS / np.sqrt(max(1, sum(map(len, series))))
    score, terms = _comb(correlation)
    is_peak = (score[1:-1] > score[:-2]) & (score[1:-1] >= score[2:])
    strength = score * np.sqrt(terms)
    peaks = np.flatnonzero(is_peak & (strength[1:-1] > max(_CLEAR_CORRELATION, chance))) + 1
    peaks = peaks[peaks >= 2]
    if len(peaks) == 0:
        return (1,)
    strongest = peaks[strength[peaks].argmax()]
    divides = (strongest % peaks == 0) & (correlation[peaks] >= _NEARLY_AS_HIGH * correlation[strongest])
    season = int(peaks[divides][0])
    return (season, *_longer_season(correlation, season, max(_PROMINENCE, chance)))


def _clipped_differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return centred, scaled and clipped differences; empty where there is nothing to see."""
    present = np.flatnonzero(~np.isnan(values))
    if len(present) < _LEAST_ROWS:
        return np.zeros(0)
    filled = np.interp(np.arange(present[0], present[-1] + 1), present, values[present])
    difference = np.diff(filled)
    deviation = difference - np.median(difference)
    scale = np.median(np.abs(deviation)) or np.std(deviation)
    if not scale > 0:
        return np.zeros(0)
    clipped = np.clip(deviation / scale, -5, 5)
    return clipped - clipped.mean()


def _pooled_autocorrelation(series: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean autocorrelation at lags 0, 1, ... that at least half of the series are long enough for."""
    if not series:
        return np.zeros(3)
    reach = int(np.median([len(values) for values in series])) // 3
    total, count = np.zeros(reach + 1), np.zeros(reach + 1)
    for values in series:
        lags = np.arange(min(len(values) // 3, reach) + 1)
        spectrum = np.fft.rfft(values, 2 * len(values))
        covariance = np.fft.irfft(spectrum * spectrum.conj())[: len(lags)]
        unbiased = covariance / covariance[0] * len(values) / (len(values) - lags)
        total[: len(lags)] += unbiased
        count[: len(lags)] += 1
    return total / np.maximum(count, 1)


def _comb(correlation: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean of each lag's correlation and that over its first multiples, and how many are in reach."""
    lags = np.arange(len(correlation))
    multiples = lags[:, None] * np.arange(1, _MULTIPLES + 1)
    in_reach = multiples < len(correlation)
    values = np.where(in_reach, correlation[np.where(in_reach, multiples, 0)], 0.0)
    terms = in_reach.sum(axis=1)
    return (correlation + values.sum(axis=1) / terms) / 2, terms


def _longer_season(correlation: NDArray[np.float64], season: int, floor: float) -> tuple[int, ...]:
    multiples = np.arange(season, len(correlation) - 1, season)
    values = correlation[multiples]
    if len(values) < 4:
        return ()
    # multiples from the third on, each against the mean of those between the season and it
    before = np.cumsum(values[1:-1]) / np.arange(1, len(values) - 1)
    prominence = values[2:] - before
    best = int(prominence.argmax())
    return (int(multiples[best + 2]),) if prominence[best] > floor else ()
