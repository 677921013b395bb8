"""The one predictor behind every door: a panel and origins in, arrays out."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from forecasting.calibration import Calibration, ContextScale, Sides, anchor_levels, contexts_at
from forecasting.config import Task
from forecasting.data.future import require_known_ahead
from forecasting.data.panel import Panel
from forecasting.data.symbols import require_symbols, symbols_at
from forecasting.errors import ForecastingError, RequestError
from forecasting.falling_back import Windows, fall_back, outwards
from forecasting.graphs import CHUNK, PanelWindows, compiled, in_chunks
from forecasting.layers.paths import PATHS
from forecasting.model_spec import ModelSpec
from forecasting.network import ForecastNetwork
from forecasting.schema import STATUS_OK, STATUS_PADDED
from forecasting.short_series import joined, unobserved

#: Numbers that one call into the graph reads of its windows; bounds the memory of long contexts with many columns.
NUMBERS = 20_000_000


@dataclass(frozen=True)
class Answer:
    """Forecasts of W windows over `horizon` steps, in original units.

    Attributes:
        median: [W, horizon] float64: the median of a quantile head, the point of a point head, or the code of the
            most probable symbol.
        quantiles: [W, horizon, Q'] float64 at `quantile_levels`.
        quantile_levels: the levels that were asked for, ascending.
        status: [W] `ok`, `padded` (the history is shorter than the context) or `fallback:<model>:<reason>`.
        problems: why a window has no forecast (its numbers are NaN), by window.
        symbols: the alphabet of K symbols; empty for numbers.
        probabilities: [W, horizon, K] float64, of each symbol.
    """

    median: np.ndarray
    quantiles: np.ndarray
    quantile_levels: tuple[float, ...]
    status: list[str]
    problems: dict[int, ForecastingError]
    symbols: tuple[str, ...]
    probabilities: np.ndarray

    @property
    def shown(self) -> np.ndarray:
        """[W, horizon], what the forecast column shows: the median, or the text of the most probable symbol."""
        return symbols_at(self.symbols, self.median) if self.symbols else self.median

    def at(self, quantile_level: float) -> np.ndarray:
        """Return the quantile [W, horizon] at one of the levels that were asked for."""
        return self.quantiles[:, :, self.quantile_levels.index(quantile_level)]

    def raise_problems(self) -> None:
        """Raise the first problem, if there is one; of series that are too short all of them."""
        if self.problems:
            raise joined([*self.problems.values()])


class Predictor:
    """A trained network with its task: safe to share between threads, and changed by nothing but `Forecaster.update`.

    Args:
        spec: the model and its choices.
        task: shapes and clock.
        network: the network with its weights.
        calibration: what its intervals are calibrated by; None answers the network's own quantiles.
    """

    def __init__(
        self, spec: ModelSpec, task: Task, network: ForecastNetwork, calibration: Calibration | None = None
    ) -> None:
        self.spec = spec
        self.task = task
        self.network = network
        self.calibration = calibration
        self.compiled = compiled(network, task)
        #: Windows per call into the graph; each may stand for many paths.
        self.chunk = windows_at_once(task, PATHS if network.draws_paths else 1)

    def calibrated(self, calibration: Calibration | None) -> Self:
        """Return this predictor with another calibration; the compiled network is shared."""
        other = copy.copy(self)
        other.calibration = calibration
        return other

    def predict_panel(
        self,
        panel: Panel,
        horizon: int | None = None,
        quantile_levels: tuple[float, ...] = (),
        origins: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> Answer:
        """Forecast `horizon` steps after each origin.

        Args:
            panel: series of the task's frequency.
            horizon: steps ahead; the trained horizon by default. A longer one is rolled out: the median
                is taken as observed and the forecast goes on from there.
            quantile_levels: levels wanted, inside `quantile_range`.
            origins: series number [W] and step of the last observed row [W]; the end of each series by default.

        Raises:
            RequestError: the horizon or a level is not one this model can answer.
            PanelError: the panel has another frequency or alphabet, or lacks covariates.
        """
        horizon = self.task.horizon if horizon is None else horizon
        levels = tuple(sorted(quantile_levels))
        self.require_answerable(horizon, levels)
        self.require_readable(panel)
        if origins is None:
            panel = panel.tail(self.task.context_length)
            origins = (np.arange(panel.n_series), panel.lengths - 1)
        series, steps = origins
        require_known_ahead(panel, self.task, series, steps, horizon)
        outputs = self.answer(panel, series, steps, horizon)
        status = [STATUS_OK if step + 1 >= self.task.context_length else STATUS_PADDED for step in steps]
        value = self.value(outputs)
        asked = self.quantiles(panel, origins, outputs, value, levels)
        problems = self.problems(panel, series, steps, np.concatenate([outputs, asked], axis=2) if levels else outputs)
        outputs[list(problems)] = value[list(problems)] = asked[list(problems)] = np.nan
        windows = Windows(self.task, panel, series, steps, self.bounds, self.network.head.is_whole)
        fall_back(windows, (value, asked, levels), status, problems)
        symbols = self.task.symbols
        return Answer(value, asked, levels, status, problems, symbols, outputs[:, :, : len(symbols)])

    def value(self, outputs: np.ndarray) -> np.ndarray:
        """Return the value [W, H] that stands for outputs [W, H, Q]: the median, or the code of a symbol."""
        return np.array(self.network.head.value(outputs))

    def quantiles(
        self,
        panel: Panel,
        origins: tuple[np.ndarray, np.ndarray],
        outputs: np.ndarray,
        median: np.ndarray,
        levels: tuple[float, ...],
    ) -> np.ndarray:
        """Return the quantiles [W, H, Q'] at `levels`: the network's own, or those of the calibration.

        Args:
            panel: the data behind the windows.
            origins: series number [W] and step of the last observed row [W].
            outputs: [W, H, Q] of the network.
            median: [W, H].
            levels: ascending.
        """
        grid = self.task.quantile_levels
        if self.calibration is None or not levels:
            found = interpolate(outputs, grid, levels)
            return np.rint(found) if self.network.head.is_whole else found
        by = ContextScale(self.task.season[0], self.calibration.spare_scale)
        anchors = interpolate(outputs, grid, anchor_levels(grid))
        found = np.empty((*median.shape, len(levels)))
        for start in range(0, len(median), self.chunk):
            rows = slice(start, start + self.chunk)
            contexts = contexts_at(panel, origins[0][rows], origins[1][rows], self.task.context_length)
            sides = Sides.of(median[rows], anchors[rows], contexts, by)
            found[rows] = self.calibration.quantiles(median[rows], sides, levels)
        return self.possible(found, levels)

    def possible(self, quantiles: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
        """Return calibrated quantiles [W, H, Q'] as what can happen: whole counts, nothing beyond the task's bounds.

        Counts are rounded outwards, and what is cut off holds nothing that could happen: coverage stays.
        """
        return np.clip(outwards(quantiles, levels) if self.network.head.is_whole else quantiles, *self.bounds)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what numbers every forecast lies; infinite where nothing is said."""
        lower, upper = self.task.lower, self.task.upper
        lower = 0.0 if self.network.head.is_whole else lower
        return -np.inf if lower is None else lower, np.inf if upper is None else upper

    @property
    def quantile_range(self) -> tuple[float, float] | None:
        """The outermost quantile levels that can be answered; None where there are no quantiles."""
        if self.calibration is not None:
            return self.calibration.quantile_range
        grid = self.task.quantile_levels
        return (grid[0], grid[-1]) if grid else None

    def answers(self, levels: tuple[float, ...]) -> bool:
        """Whether quantiles at these levels can be asked for."""
        lowest, highest = self.quantile_range or (1.0, 0.0)
        return all(lowest <= level <= highest for level in levels)

    @cached_property
    def sampler(self) -> Any:
        """The network as a graph that draws paths, compiled when first asked for."""
        from forecasting.sampling import compile_sampler

        return compile_sampler(self.network, self.task)

    @cached_property
    def attention(self) -> Any:
        """The network as a graph that gives its attention weights, compiled when first asked for."""
        return compiled(self.network.attention_weights, self.task)

    def answer(self, panel: Panel, series: np.ndarray, steps: np.ndarray, horizon: int) -> np.ndarray:
        """Return the outputs [W, horizon, Q] after each origin, rolled out where the horizon is longer."""
        rounds = math.ceil(horizon / self.task.horizon)
        if rounds > 1:
            panel = panel.windows(series, steps, self.task.context_length, horizon)
            series, steps = np.arange(panel.n_series), panel.lengths - 1
        windows = PanelWindows.of(panel, self.task, series, steps, rounds * self.task.horizon)
        parts = [self.run(windows)]
        for _ in range(rounds - 1):
            windows = windows.continued(self.value(parts[-1]))
            parts.append(self.run(windows))
        return np.concatenate(parts, axis=1)[:, :horizon]

    def run(self, windows: PanelWindows) -> np.ndarray:
        """Return the outputs [W, H, Q] of windows."""
        return in_chunks(self.compiled, windows, self.chunk)

    def require_readable(self, panel: Panel) -> None:
        """Raise a `PanelError` when the panel has another frequency or alphabet."""
        panel.require_frequency(self.task.freq)
        require_symbols(panel.symbols, self.task.symbols)

    def require_answerable(self, horizon: int, levels: tuple[float, ...]) -> None:
        """Raise a `RequestError` when the horizon or a level cannot be answered."""
        task = self.task
        require_horizon(horizon, task)
        if self.calibration is not None:
            self.calibration.require_supported(levels)
            return
        if levels and not task.quantile_levels:
            gives, use = (
                "points",
                "Use a quantile head, train with `calibration_windows`, or `forecast calibrate` it on new rows",
            )
            if task.symbols:
                gives, use = "symbols", "Ask for `probabilities`"
            raise RequestError(
                f"{self.spec.alias!r} gives {gives} and has no quantiles, so `level` and `quantile_levels` cannot be "
                f"answered. {use}.",
                code="no_quantiles",
                field="quantile_levels",
            )
        outside = [q for q in levels if not task.quantile_levels[0] <= q <= task.quantile_levels[-1]]
        if outside:
            raise RequestError(
                f"Quantile levels must lie between {task.quantile_levels[0]:g} and {task.quantile_levels[-1]:g}, "
                f"the grid this model was trained on. Got {outside[0]:g}.",
                code="quantile_range",
                field="quantile_levels",
            )

    def problems(
        self, panel: Panel, series: np.ndarray, steps: np.ndarray, outputs: np.ndarray
    ) -> dict[int, ForecastingError]:
        """Return the windows that have no forecast: nothing observed in the context, or numbers that are not finite."""
        found = unobserved(panel, series, steps, self.task.context_length)
        for window in np.flatnonzero(~np.isfinite(outputs).all(axis=(1, 2))):
            name = str(panel.ids[series[window]])
            message = (
                f"The forecast of series {name!r} is not a finite number: its values are too large for this model."
            )
            found.setdefault(int(window), RequestError(message, code="non_finite_output", series=name))
        return found


def require_horizon(horizon: int, task: Task) -> None:
    """Raise a `RequestError` unless the horizon is an integer that a model of this task answers."""
    is_integer = isinstance(horizon, (int, np.integer)) and not isinstance(horizon, bool)
    if not (is_integer and 1 <= horizon <= task.max_horizon):
        wanted = "" if is_integer else "an integer "
        raise RequestError(
            f"`horizon` must be {wanted}from 1 to {task.max_horizon} for this model. Got {horizon!r}.",
            code="horizon_range",
            field="horizon",
        )


def windows_at_once(task: Task, paths: int = 1) -> int:
    """Return how many windows one call into the graph takes: `CHUNK` at most, fewer of long ones or of many `paths`."""
    numbers = (task.context_length + task.horizon) * (task.columns + 2)  # values, flags and columns of one window
    return max(1, min(CHUNK, NUMBERS // numbers) // paths)


def interpolate(quantiles: np.ndarray, grid: tuple[float, ...], levels: tuple[float, ...]) -> np.ndarray:
    """Return quantiles [W, H, Q'] at `levels`, linear in the level between those of `grid`.

    Args:
        quantiles: [W, H, Q] at `grid`.
        grid: ascending trained levels.
        levels: ascending levels inside the grid.
    """
    if not levels:
        return quantiles[:, :, :0]
    if len(grid) == 1:  # inside it lies that level alone
        return np.repeat(quantiles, len(levels), axis=2)
    right = np.clip(np.searchsorted(grid, levels), 1, len(grid) - 1)
    lower, upper = np.asarray(grid)[right - 1], np.asarray(grid)[right]
    weight = (np.asarray(levels) - lower) / (upper - lower)
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite quantile becomes a problem of its window
        return (1 - weight) * quantiles[:, :, right - 1] + weight * quantiles[:, :, right]
