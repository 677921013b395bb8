"""The one predictor behind every door: a panel and a question in, an answer out."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from forecasting.config.task import Task
from forecasting.data.future import require_known_ahead
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.symbols import require_symbols
from forecasting.errors import ForecastingError, RequestError
from forecasting.layers.paths import PATHS
from forecasting.models.spec import ModelSpec
from forecasting.network.build import Network
from forecasting.network.graphs import CHUNK, Graph, PanelWindows, compile_sampler, compiled, in_chunks
from forecasting.prediction.answer import Answer
from forecasting.prediction.calibration import Calibration, ContextScale, Sides, anchor_levels
from forecasting.prediction.fallback import NON_FINITE_OUTPUT, fall_back
from forecasting.prediction.question import Question
from forecasting.prediction.short_series import unobserved
from forecasting.prediction.support import Support
from forecasting.schema import STATUS_OK, STATUS_PADDED

#: Numbers that one call into the graph reads of its windows; bounds the memory of long contexts with many columns.
NUMBERS = 20_000_000


class Predictor:
    """A trained network with its task: safe to share between threads, and changed by nothing but `Forecaster.update`.

    Args:
        spec: the model and its choices.
        task: shapes and clock.
        network: the network with its weights.
        calibration: what its intervals are calibrated by; None answers the network's own quantiles.
    """

    def __init__(self, spec: ModelSpec, task: Task, network: Network, calibration: Calibration | None = None) -> None:
        self.spec = spec
        self.task = task
        self.network = network
        self.calibration = calibration
        self.support = Support.of(task, network.head.traits.is_whole)
        self.compiled = compiled(network, task)
        #: Windows per call into the graph; each may stand for many paths.
        self.chunk = windows_at_once(task, PATHS if network.draws_paths else 1)

    def calibrated(self, calibration: Calibration | None) -> Self:
        """Return this predictor with another calibration; the compiled network is shared."""
        other = copy.copy(self)
        other.calibration = calibration
        return other

    def question(
        self,
        horizon: int | None = None,
        *,
        level: Sequence[float] | None = None,
        quantile_levels: Sequence[float] | None = None,
        probabilities: bool = False,
    ) -> Question:
        """Return a question that this model can answer: the one place where horizon and levels are checked.

        Args:
            horizon: steps ahead; the trained horizon by default.
            level: central intervals, in percent.
            quantile_levels: quantiles, instead of `level`.
            probabilities: whether the probability of each symbol is wanted.

        Raises:
            RequestError: it is none that this model can answer.
        """
        found = Question.read(self.task.horizon if horizon is None else horizon, level, quantile_levels, probabilities)
        require_horizon(found.horizon, self.task)
        self.require_levels(found.levels)
        if probabilities and not self.task.symbols:
            text = f"{self.spec.alias!r} forecasts numbers, which have no probabilities. Ask for `level`."
            raise RequestError(text, code="no_probabilities", field="probabilities")
        return found

    def predict_panel(self, panel: Panel, question: Question | None = None, origins: Origins | None = None) -> Answer:
        """Forecast the steps after each origin.

        A horizon longer than the trained one is rolled out: the median is taken as observed and the forecast goes on
        from there.

        Args:
            panel: series of the task's frequency.
            question: of `question`; the trained horizon and no levels by default.
            origins: where forecasts begin; the end of each series by default.

        Raises:
            PanelError: the panel has another frequency or alphabet, or lacks covariates.
        """
        question = question or Question(self.task.horizon)
        panel, origins = self.placed(panel, question.horizon, origins)
        outputs = self.outputs(panel, origins, question.horizon)
        median, levels = self.value(outputs), question.levels
        quantiles = self.quantiles(panel, origins, outputs, median, levels)
        padded = origins.steps + 1 < self.task.context_length
        numbers = np.concatenate([outputs, quantiles], axis=2) if levels else outputs
        answer = Answer(
            median,
            quantiles,
            levels,
            status=[STATUS_PADDED if one else STATUS_OK for one in padded],
            problems=self.problems(panel, origins, numbers),
            symbols=self.task.symbols,
            probabilities=outputs[:, :, : len(self.task.symbols)],
        )
        return fall_back(answer, self.task, self.support, panel, origins)

    def placed(self, panel: Panel, horizon: int, origins: Origins | None = None) -> tuple[Panel, Origins]:
        """Return the rows of a panel that are read, and the origins in them, checked: what every answer begins with.

        Args:
            panel: the series.
            horizon: steps ahead.
            origins: where forecasts begin; the end of each series by default.

        Raises:
            PanelError: the panel has another frequency or alphabet, or known covariates that end too early.
        """
        panel.require_frequency(self.task.freq)
        require_symbols(panel.symbols, self.task.symbols)
        if origins is None:
            panel = panel.tail(self.task.context_length)
            origins = panel.origins
        require_known_ahead(panel, self.task, origins, horizon)
        return panel, origins

    def value(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value [W, H] that stands for outputs [W, H, Q]: the median, or the code of a symbol."""
        return np.array(self.network.head.value(outputs))

    def quantiles(
        self,
        panel: Panel,
        origins: Origins,
        outputs: NDArray[np.float64],
        median: NDArray[np.float64],
        levels: tuple[float, ...],
    ) -> NDArray[np.float64]:
        """Return the quantiles [W, H, Q'] at `levels`: the network's own, or those of the calibration.

        Args:
            panel: the data behind the windows.
            origins: of the W windows.
            outputs: [W, H, Q] of the network.
            median: [W, H].
            levels: ascending.
        """
        grid = self.task.quantile_levels
        if self.calibration is None or not levels:
            found = interpolate(outputs, grid, levels)
            return np.rint(found) if self.support.is_whole else found
        by = ContextScale(self.task.season[0], self.calibration.spare_scale)
        anchors = interpolate(outputs, grid, anchor_levels(grid))
        found = np.empty((*median.shape, len(levels)))
        for start in range(0, len(median), self.chunk):
            rows = slice(start, start + self.chunk)
            contexts = panel.contexts(origins[rows], self.task.context_length)
            sides = Sides.of(median[rows], anchors[rows], contexts, by)
            found[rows] = self.calibration.quantiles(median[rows], sides, levels)
        return self.support.outwards(found, levels)

    @property
    def quantile_range(self) -> tuple[float, float] | None:
        """The outermost quantile levels that can be answered; None where there are no quantiles."""
        if self.calibration is not None:
            return self.calibration.quantile_range
        grid = self.task.quantile_levels
        return (grid[0], grid[-1]) if grid else None

    def answers(self, levels: Sequence[float]) -> bool:
        """Whether quantiles at these levels can be asked for."""
        lowest, highest = self.quantile_range or (1.0, 0.0)
        return all(lowest <= level <= highest for level in levels)

    @cached_property
    def sampler(self) -> Graph:
        """The network as a graph that draws paths, compiled when first asked for."""
        return compile_sampler(self.network, self.task)

    @cached_property
    def attention(self) -> Graph:
        """The network as a graph that gives its attention weights, compiled when first asked for."""
        return compiled(self.network.attention_weights, self.task)

    def outputs(self, panel: Panel, origins: Origins, horizon: int) -> NDArray[np.float64]:
        """Return the outputs [W, H', Q] after each origin, rolled out where the horizon H' is longer than H."""
        rounds = math.ceil(horizon / self.task.horizon)
        if rounds > 1:
            panel = panel.windows(origins, self.task.context_length, horizon)
            origins = panel.origins
        windows = PanelWindows.of(panel, self.task, origins, rounds * self.task.horizon)
        parts = [self.run(windows)]
        for _ in range(rounds - 1):
            windows = windows.continued(self.value(parts[-1]))
            parts.append(self.run(windows))
        return np.concatenate(parts, axis=1)[:, :horizon]

    def run(self, windows: PanelWindows) -> NDArray[np.float64]:
        """Return the outputs [W, H, Q] of windows."""
        return in_chunks(self.compiled, windows, self.chunk)

    def require_levels(self, levels: tuple[float, ...]) -> None:
        """Raise a `RequestError` when quantiles at one of these levels cannot be answered."""
        grid = self.task.quantile_levels
        if self.calibration is not None:
            self.calibration.require_supported(levels)
            return
        if levels and not grid:
            gives, use = (
                "points",
                "Use a quantile head, train with `calibration_windows`, or `forecast calibrate` it on new rows",
            )
            if self.task.symbols:
                gives, use = "symbols", "Ask for `probabilities`"
            raise RequestError(
                f"{self.spec.alias!r} gives {gives} and has no quantiles, so `level` and `quantile_levels` cannot be "
                f"answered. {use}.",
                code="no_quantiles",
                field="quantile_levels",
            )
        outside = [q for q in levels if not grid[0] <= q <= grid[-1]]
        if outside:
            raise RequestError(
                f"Quantile levels must lie between {grid[0]:g} and {grid[-1]:g}, "
                f"the grid this model was trained on. Got {outside[0]:g}.",
                code="quantile_range",
                field="quantile_levels",
            )

    def problems(self, panel: Panel, origins: Origins, numbers: NDArray[np.float64]) -> dict[int, ForecastingError]:
        """Return the windows that have no forecast: nothing observed in the context, or numbers that are not finite.

        Args:
            panel: the series.
            origins: of the W windows.
            numbers: [W, H, Q] that must be finite.
        """
        found = unobserved(panel, origins, self.task.context_length)
        for window in np.flatnonzero(~np.isfinite(numbers).all(axis=(1, 2))):
            name = str(panel.ids[origins.series[window]])
            text = f"The forecast of series {name!r} is not a finite number: its values are too large for this model."
            found.setdefault(int(window), RequestError(text, code=NON_FINITE_OUTPUT, series=name))
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


def interpolate(
    quantiles: NDArray[np.float64], grid: tuple[float, ...], levels: tuple[float, ...]
) -> NDArray[np.float64]:
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
