"""Which windows exist: a window is an origin, counted and located by arithmetic, never materialised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import Kinds, Task
from forecasting.data.covariates import encode_covariates
from forecasting.data.panel import Panel
from forecasting.data.time.features import encode

#: Values count as the same where they differ by less, relative to the largest one: no window has such a scale.
SAME = 1e-12

#: Windows that are looked at together.
WINDOWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class PanelArrays:
    """A panel laid out for gathering: each series is its T rows followed by `horizon` future rows.

    Attributes:
        y: [N'] float64, NaN where missing and in the future rows.
        known: [N', F + C] calendar features of every row, then codes of known and of past-only covariates, NaN where
            missing; float32 where there are no covariates, float64 otherwise.
        first: [S] flat index of each series' first row.
        last: [S] flat index of each series' last known row.
    """

    y: NDArray[np.float64]
    known: NDArray[np.floating[Any]]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WindowIndex:
    """The origins of a set of windows; an origin is the flat index of the last observed row before a forecast.

    Series without windows are left out (S' <= S). Windows are numbered from 0, series by series, oldest first.

    Attributes:
        first: [S'] flat index of each series' first row.
        lowest: [S'] flat index of each series' first origin; its other origins follow row by row.
        cumulative: [S'] number of windows up to and including each series; the last one is `count`.
    """

    first: NDArray[np.int64]
    lowest: NDArray[np.int64]
    cumulative: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of windows."""
        return int(self.cumulative[-1]) if len(self.cumulative) else 0

    def locate(self, numbers: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the origin of each window number and the first row of its series, as flat indices.

        Raises:
            IndexError: a number is below 0 or not below `count`.
        """
        numbers = np.asarray(numbers, np.int64)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= self.count):
            raise IndexError(f"Window numbers go from 0 to {self.count - 1}.")
        series = np.searchsorted(self.cumulative, numbers, side="right")
        before = np.concatenate([[0], self.cumulative])[series]
        return self.lowest[series] + numbers - before, self.first[series]


def layout(
    panel: Panel, calendar_names: tuple[str, ...], horizon: int, kinds: tuple[Kinds, Kinds] = ((), ())
) -> PanelArrays:
    """Lay a panel out with `horizon` future rows after each series, and compute the features of every row.

    Args:
        panel: the series.
        calendar_names: names of the calendar features.
        horizon: future rows.
        kinds: known and past-only covariates that the model reads.

    Raises:
        PanelError: the panel lacks a covariate, or has it of another kind.
    """
    first = panel.offsets[:-1] + horizon * np.arange(panel.n_series)
    last = first + panel.lengths - 1
    is_known = np.ones(len(panel.y) + horizon * panel.n_series, bool)
    is_known[last[:, None] + np.arange(1, horizon + 1)] = False
    y = np.full(len(is_known), np.nan)
    y[is_known] = panel.y
    known = np.zeros((len(y), 0), np.float32)
    if calendar_names:
        known = encode(panel.wall_clock(panel.grid(horizon)), calendar_names)
    if any(kinds):
        known = np.concatenate([known, *covariate_codes(panel, horizon, is_known, kinds)], axis=1, dtype=np.float64)
    return PanelArrays(y, known, first, last)


def covariate_codes(
    panel: Panel, horizon: int, is_known: NDArray[np.bool_], kinds: tuple[Kinds, Kinds]
) -> Iterator[NDArray[np.float64]]:
    """Yield the codes [N', C] of the known and of the past-only covariates; these are missing in the future.

    Args:
        panel: the series.
        horizon: future rows of each series.
        is_known: [N'] whether a row is one of the panel's, and not of the future.
        kinds: known and past-only covariates that the model reads.
    """
    known, past = kinds
    if known:
        yield encode_covariates(panel.with_ahead(horizon).covariates.known, known)
    if past:
        codes = np.full((len(is_known), len(past)), np.nan)
        codes[is_known] = encode_covariates(panel.covariates.past, past)
        yield codes


def window_index(
    arrays: PanelArrays, context_length: int, horizon: int, end: NDArray[np.int64] | None = None
) -> WindowIndex:
    """Index the windows of a training set.

    With T usable rows, context length L and horizon H, a series has

    - T >= L + H: every full window, T - L - H + 1 of them;
    - H < T < L + H: every full horizon after at least min(H, T - H) rows of context;
    - 2 <= T <= H: the one origin in the middle; its targets reach into the future rows, where `y` is missing;
      none when `end` holds rows back, which such targets would reach;
    - T < 2: none.

    Args:
        arrays: the panel's layout, with at least `horizon` future rows.
        context_length: L, rows read.
        horizon: H, rows forecast.
        end: [S] flat index one past the last row that targets may use; by default one past the last known row.
    """
    known_end = arrays.last + 1
    end = known_end if end is None else np.minimum(end, known_end)
    usable = end - arrays.first
    spare = usable - horizon
    context = np.where(spare >= context_length, context_length, np.minimum(horizon, spare))
    lowest, count = context - 1, spare - context + 1
    is_tiny = spare <= 0
    lowest = np.where(is_tiny, usable // 2 - 1, lowest)
    count = np.where(is_tiny, (usable >= 2) & (end == known_end), count)
    kept = np.flatnonzero(count)
    return WindowIndex(arrays.first[kept], (arrays.first + lowest)[kept], np.cumsum(count[kept], dtype=np.int64))


def any_says_something(
    y: NDArray[np.float64],
    origins: NDArray[np.int64],
    firsts: NDArray[np.int64],
    task: Task,
    by_scale: bool,
) -> bool:
    """Whether any window has an observed target, and where errors are counted by its scale, a context that varies.

    Args:
        y: [N'] rows of a layout, NaN where missing.
        origins: [W] flat row of each window's last observed step.
        firsts: [W] flat row of the first step of the same series.
        task: L and H.
        by_scale: whether errors are counted by the scale of the context.
    """
    for start in range(0, len(origins), WINDOWS_AT_ONCE):
        origin, first = (part[start : start + WINDOWS_AT_ONCE, None] for part in (origins, firsts))
        says = np.isfinite(y[origin + np.arange(1, task.horizon + 1)]).any(axis=1)
        if by_scale:
            rows = origin + np.arange(1 - task.context_length, 1)
            context = y[np.maximum(rows, first)]
            missing = np.isnan(context)
            highest, lowest = (np.where(missing, end, context) for end in (-np.inf, np.inf))
            highest, lowest = highest.max(axis=1), lowest.min(axis=1)
            says &= highest - lowest > SAME * np.maximum(np.abs(highest), np.abs(lowest))
        if says.any():
            return True
    return False
