"""The ladder below a network: autoregression, seasonal naive, naive, each from the window's own context alone.

Reads no other series and nothing before the context, so that the numbers are the same behind every door. Intervals are
those of the rung's theory (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.5): residuals
inside the context give sigma, and the standard deviation h steps ahead is sigma times the root of h (naive), of the
seasons in between (seasonal naive), or of the sum of the squared psi weights (autoregression). Quantiles are those of
Student's t with the residuals' degrees of freedom, since few rows know sigma badly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.schema import fallback_status

#: Why a window is answered from the ladder.
SHORT = "short"
NON_FINITE = "non_finite"

#: Newest lags of the autoregression; the season is one more where the context shows it.
LAGS = 3
#: Equations that each of its coefficients needs.
ROWS_PER_LAG = 5
#: Ridge penalty per equation, in units of the scaled context.
RIDGE = 1e-3
#: The largest modulus of a root; beyond it a forecast runs away.
LARGEST_ROOT = 0.999
#: Longer recursions would take longer to check than they are worth.
LONGEST_LAG = 400
#: Fewer residuals say nothing about an interval.
LEAST_RESIDUALS = 2


@dataclass(frozen=True, eq=False)
class Rung:
    """The forecast of one window by one model of the ladder.

    Attributes:
        model: its name.
        mean: [H] median and mean, in the units of the context.
        spread: [H] standard deviation; NaN where too few residuals say it.
        freedom: degrees of freedom of `spread`.
    """

    model: str
    mean: np.ndarray
    spread: np.ndarray
    freedom: int

    def quantiles(self, levels: tuple[float, ...]) -> np.ndarray:
        """Return the quantiles [H, Q] at levels; the median is the mean whatever the spread."""
        from scipy.special import stdtrit

        distance = stdtrit(self.freedom, np.asarray(levels))
        with np.errstate(over="ignore", invalid="ignore"):
            return self.mean[:, None] + np.where(np.equal(levels, 0.5), 0.0, self.spread[:, None] * distance)

    def status(self, reason: str) -> str:
        """Return the status of a forecast that this rung gave."""
        return fallback_status(self.model, reason)


def climb_down(context: np.ndarray, horizon: int, season: tuple[int, ...]) -> Rung | None:
    """Return the forecast of the first rung that the context can bear; None where nothing is observed.

    Args:
        context: [n] float64, the newest rows of a series, NaN where missing.
        horizon: H.
        season: seasonal periods in steps.
    """
    observed = context[~np.isnan(context)]
    if len(observed) == 0:
        return None
    # scaled by powers of two, which is exact: sums of squares neither overflow nor vanish
    exponent = int(np.frexp(np.abs(observed).max())[1])
    scaled = np.ldexp(context, -exponent)
    found = autoregression(scaled, horizon, season) or seasonal_naive(scaled, horizon, season) or naive(scaled, horizon)
    with np.errstate(over="ignore"):
        return Rung(found.model, np.ldexp(found.mean, exponent), np.ldexp(found.spread, exponent), found.freedom)


def naive(context: np.ndarray, horizon: int) -> Rung:
    """Return the last observed value; its age counts as steps ahead, as steps over missing rows do in a residual."""
    at = np.flatnonzero(~np.isnan(context))
    sigma, freedom = spread_of(np.diff(context[at]) / np.sqrt(np.diff(at)))
    steps = len(context) - 1 - at[-1] + np.arange(1, horizon + 1)
    return Rung("naive", np.full(horizon, context[at[-1]]), sigma * np.sqrt(steps), freedom)


def seasonal_naive(context: np.ndarray, horizon: int, season: tuple[int, ...]) -> Rung | None:
    """Return the newest observed value of each phase of the longest season that the context shows whole.

    A longer season than the shortest is taken where it is shown often enough for residuals. Where even the shortest is
    not, the difference of any two rows stands for one of rows a season apart: too wide an interval, never too narrow.
    """
    shown = sorted(one for one in season if 1 < one <= len(context))
    often = [one for one in shown if spread_of(context[one:] - context[:-one])[1] >= LEAST_RESIDUALS]
    for period in [*reversed(often), *shown[:1]]:
        padding = -len(context) % period
        phases = np.concatenate([np.full(padding, np.nan), context]).reshape(-1, period)[::-1]  # newest season first
        is_observed = ~np.isnan(phases)
        if not is_observed.any(axis=0).all():
            continue
        age = is_observed.argmax(axis=0)  # seasons back
        ahead = np.arange(horizon)
        mean = phases[age, np.arange(period)][ahead % period]
        sigma, freedom = spread_of(context[period:] - context[:-period])
        if np.isnan(sigma):
            observed = context[~np.isnan(context)]
            sigma, freedom = float(np.sqrt(2) * observed.std(ddof=1)), len(observed) - 1
        return Rung("seasonal-naive", mean, sigma * np.sqrt(age[ahead % period] + ahead // period + 1), freedom)
    return None


def autoregression(context: np.ndarray, horizon: int, season: tuple[int, ...]) -> Rung | None:
    """Return a ridge over few lags; None where its equations are too few, a lag is missing, or it would run away.

    Args:
        context: [n], at most 1 in size.
        horizon: H.
        season: seasonal periods in steps; the longest one that fits becomes a lag.
    """
    center = np.nanmean(context)
    scale = np.nanstd(context)
    if not scale > 0:
        return None
    scaled = (context - center) / scale
    # a context that shows a season needs it as a lag: without it the seasonal naive forecast is the better one
    for period in sorted((one for one in season if 1 < one <= len(scaled)), reverse=True) or [1]:
        lags = np.unique([*range(1, LAGS + 1), period])
        if lags[-1] > min(LONGEST_LAG, len(scaled) // 2):
            continue
        found = fit_autoregression(scaled, lags, horizon)
        if found is not None:
            weights, sigma, freedom = found
            mean, psi = recurse(scaled, weights, horizon)
            spread = sigma * np.sqrt(np.cumsum(psi**2))
            return Rung("ar", center + scale * mean, scale * spread, freedom)
    return None


def fit_autoregression(scaled: np.ndarray, lags: np.ndarray, horizon: int) -> tuple[np.ndarray, float, int] | None:
    """Return the weights [p] of lags 1 to p, the residuals' sigma and their degrees of freedom, or None."""
    longest = int(lags[-1])
    inputs = np.stack([scaled[longest - lag : len(scaled) - lag] for lag in lags], axis=1)  # [n - p, lags]
    target = scaled[longest:]
    usable = ~(np.isnan(inputs).any(axis=1) | np.isnan(target))
    rows = int(usable.sum())
    needed = np.concatenate([scaled[-lag:][:horizon] for lag in lags])
    if rows < ROWS_PER_LAG * (len(lags) + 1) or np.isnan(needed).any():
        return None
    inputs, target = inputs[usable], target[usable]
    gram = inputs.T @ inputs + RIDGE * rows * np.eye(len(lags))
    weights = np.zeros(longest)
    weights[lags - 1] = np.linalg.solve(gram, inputs.T @ target)
    if largest_root(weights) > LARGEST_ROOT:
        return None
    residual = target - inputs @ weights[lags - 1]
    freedom = rows - len(lags) - 1  # the centre is one more estimate
    return weights, float(np.sqrt(residual @ residual / freedom)), freedom


def largest_root(weights: np.ndarray) -> float:
    """Return the largest modulus of the roots of an autoregression [p]; below 1 it forgets."""
    companion = np.diag(np.ones(len(weights) - 1), -1)
    companion[0] = weights
    return float(np.abs(np.linalg.eigvals(companion)).max())


def recurse(scaled: np.ndarray, weights: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the forecasts [H] and the psi weights [H], which are the answer to one shock."""
    longest = len(weights)
    path = np.concatenate([scaled[-longest:], np.zeros(horizon)])
    shock = np.zeros(longest + horizon)
    shock[longest] = 1.0
    back = np.flatnonzero(weights) + 1
    for step in range(longest, longest + horizon):
        path[step] = weights[back - 1] @ path[step - back]
        if step > longest:
            shock[step] = weights[back - 1] @ shock[step - back]
    return path[longest:], shock[longest:]


def spread_of(residuals: np.ndarray) -> tuple[float, int]:
    """Return the root mean square of the residuals that are there and their number; NaN where they are too few."""
    present = residuals[~np.isnan(residuals)]
    if len(present) < LEAST_RESIDUALS:
        return np.nan, len(present)
    return float(np.sqrt(np.mean(present**2))), len(present)
