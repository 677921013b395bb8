"""Which windows of an answer the network does not give, and who gives them instead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from forecasting.config import Task
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from forecasting.fallback import NON_FINITE, SHORT, climb_down
from forecasting.short_series import ERROR, PAD, TooShortError, least_observed, observed_in_context

#: Code of the problem of a window whose network gave no finite number.
NON_FINITE_OUTPUT = "non_finite_output"


class Windows(NamedTuple):
    """The windows of an answer: origins `steps` [W] of `series` [W] in a panel.

    Forecasts lie within `bounds`, and are whole numbers where `is_whole`.
    """

    task: Task
    panel: Panel
    series: np.ndarray
    steps: np.ndarray
    bounds: tuple[float, float] = (-np.inf, np.inf)
    is_whole: bool = False

    def context(self, window: int) -> np.ndarray:
        """Return what the network reads of one window: at most the last L rows, NaN where missing."""
        last = self.panel.offsets[self.series[window]] + self.steps[window] + 1
        return self.panel.y[max(self.panel.offsets[self.series[window]], last - self.task.context_length) : last]

    def possible(
        self, median: np.ndarray, quantiles: np.ndarray, levels: tuple[float, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a median [H] and quantiles [H, Q'] as what can happen: whole counts, nothing beyond the bounds."""
        if self.is_whole:
            median, quantiles = np.rint(median), outwards(quantiles, levels)
        return np.clip(median, *self.bounds), np.clip(quantiles, *self.bounds)


def outwards(quantiles: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Return quantiles [..., Q'] as whole numbers, away from the median, which is rounded: coverage stays."""
    asked = np.asarray(levels)
    return np.where(asked < 0.5, np.floor(quantiles), np.where(asked > 0.5, np.ceil(quantiles), np.rint(quantiles)))


def fall_back(
    windows: Windows,
    answer: tuple[np.ndarray, np.ndarray, tuple[float, ...]],
    status: list[str],
    problems: dict[int, ForecastingError],
) -> None:
    """Answer from the ladder where the network cannot, or where the policy for short series says so, in place.

    Args:
        windows: W windows.
        answer: their medians [W, H] and quantiles [W, H, Q'] at the levels [Q'].
        status: [W], of the network's answers.
        problems: of the network's answers, by window; those that the ladder solves are taken out.
    """
    task = windows.task
    median, quantiles, levels = answer
    reasons = {} if task.short_series == PAD else short_windows(windows, problems)
    for window, problem in problems.items():
        if problem.code == NON_FINITE_OUTPUT and not task.symbols:
            reasons.setdefault(window, NON_FINITE)
        elif isinstance(problem, TooShortError):
            median[window] = quantiles[window] = np.nan
    for window, reason in reasons.items():
        found = climb_down(windows.context(window), median.shape[1], task.season)
        if found is None:
            continue
        bounds = found.quantiles(levels)  # NaN says that they are not known; an infinite one is no number to give
        if not np.isfinite(found.mean).all() or np.isinf(bounds).any():
            continue
        median[window], quantiles[window] = windows.possible(found.mean, bounds, levels)
        status[window] = found.status(reason)
        problems.pop(window, None)


def short_windows(windows: Windows, problems: dict[int, ForecastingError]) -> dict[int, str]:
    """Return the windows that are to fall back for being short; with policy `error` they become problems."""
    task = windows.task
    observed, rows = observed_in_context(*windows[1:4], task.context_length)
    need = least_observed(task)
    short = [int(window) for window in np.flatnonzero((observed < need) & (observed > 0))]
    if task.short_series != ERROR:
        return dict.fromkeys(short, SHORT)
    for window in short:
        name = str(windows.panel.ids[windows.series[window]])
        problems[window] = TooShortError([(name, int(observed[window]), int(rows[window]))], need)
    return {}
