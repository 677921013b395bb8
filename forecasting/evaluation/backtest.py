"""Rolling-origin backtest: every origin is answered by the predictor that would be served."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.data.origins import Origins, RollingOrigins
from forecasting.data.panel import Panel
from forecasting.data.splits import calibration_ends, rolling_origins
from forecasting.data.symbols import symbols_at
from forecasting.errors import PanelError
from forecasting.evaluation.metrics import Scored, ScoredSymbols, evaluate, evaluate_symbols, positive
from forecasting.evaluation.naive2 import naive2
from forecasting.prediction.answer import Answer
from forecasting.prediction.calibration_windows import MovingCalibration
from forecasting.prediction.frame import value_columns
from forecasting.prediction.predictor import Predictor
from forecasting.prediction.question import Question
from forecasting.schema import CUTOFF, DS, IN_SAMPLE, UNIQUE_ID, Y, probability_column

logger = logging.getLogger("forecasting")


def windows_to_learn(panel: Panel, horizon: int, windows: int, step: int | None) -> int:
    """Return how many of `windows` leave the longest series two horizons before the first origin, at least 1.

    A model that is fitted on less says nothing of what it would be on all rows.

    Raises:
        ConfigError: `windows` or `step` is no integer of at least 1.
    """
    step = horizon if step is None else step
    for name, value in (("windows", windows), ("step", step)):
        require(is_count(value), name, "an integer of at least 1", value)
    rows = int(panel.lengths.max(initial=0)) - 3 * horizon
    return min(windows, max(1, rows // step + 1))


def rolling(panel: Panel, horizon: int, windows: int, step: int | None) -> RollingOrigins:
    """Return the origins of `windows` windows counted from the end of each series, `step` apart.

    Raises:
        PanelError: no series is long enough for one window.
    """
    found = rolling_origins(panel.lengths, horizon, windows, step)
    if len(found) == 0:
        raise PanelError(
            f"No series is long enough to backtest: horizon {horizon} and 2 rows of history are needed, the longest "
            f"of {panel.n_series} series has {int(panel.lengths.max(initial=0))} rows.",
            code="too_short",
        )
    return found


def rolling_to_learn(panel: Panel, horizon: int, windows: int, step: int | None) -> RollingOrigins:
    """Return the origins of a backtest that fits before the first of them.

    There are as many as `windows_to_learn` says; where these are fewer, a warning tells it.

    Raises:
        PanelError: no series is long enough for one window.
    """
    fewer = windows_to_learn(panel, horizon, windows, step)
    origins = rolling(panel, horizon, fewer, step)
    if fewer < windows:
        logger.warning("%s", said_fewer(windows, fewer))
    return origins


def said_fewer(windows: int, fewer: int) -> str:
    """Return the sentence that says why there are fewer windows than asked for."""
    return f"{fewer} of {windows} windows are backtested: more would leave less than two horizons to learn from."


@dataclass(frozen=True)
class Backtest:
    """Forecasts of W windows beside what happened.

    Attributes:
        alias: name of the forecast column.
        task: shapes and season.
        panel: the data behind it.
        rolling: where the windows start.
        answer: the forecasts.
        in_sample: [W] whether the predictor was trained on rows after the origin; empty where that cannot be.
    """

    alias: str
    task: Task
    panel: Panel
    rolling: RollingOrigins
    answer: Answer
    in_sample: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def origins(self) -> Origins:
        """[W] the last row known before each window."""
        return self.rolling.origins

    @cached_property
    def y(self) -> NDArray[np.float64]:
        """[W, H] what happened (the code of a symbol), NaN where missing."""
        horizon = self.answer.median.shape[1]
        return self.panel.contexts(self.origins.later(horizon), horizon)

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """[W] position in `panel.y` of the first forecast step of each window."""
        return self.panel.offsets[:-1][self.origins.series] + self.origins.steps + 1

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """[W, H] probability that was given to the symbol that happened, NaN where missing."""
        missing = np.isnan(self.y)
        codes = np.where(missing, 0, self.y).astype(np.int64)
        given = np.take_along_axis(self.answer.probabilities, codes[:, :, None], axis=2)[:, :, 0]
        return np.where(missing, np.nan, given)

    @property
    def keep(self) -> NDArray[np.bool_]:
        """[W] which windows were not trained on."""
        return ~self.in_sample if len(self.in_sample) else np.ones(len(self.origins), bool)

    @cached_property
    def scored_symbols(self) -> ScoredSymbols:
        """The windows of symbols that were not trained on, ready for the metrics."""
        keep = self.keep
        parts = self.y, self.answer.median, self.probability, self.origins.series
        return ScoredSymbols(*(part[keep] for part in parts))

    @cached_property
    def scored(self) -> Scored:
        """The windows of numbers that were not trained on, ready for the metrics."""
        keep = self.keep
        absolute, squared = seasonal_scales(self.panel, self.origins, self.task.season[0])
        return Scored(
            self.y[keep],
            self.answer.median[keep],
            self.origins.series[keep],
            absolute[keep],
            squared[keep],
            self.naive2_forecasts(keep),
            self.answer.quantiles[keep],
            self.answer.quantile_levels,
        )

    def naive2_forecasts(self, keep: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return Naive2's forecasts [W', H] of the kept windows, for OWA."""
        horizon = self.answer.median.shape[1]
        starts = self.panel.offsets[:-1][self.origins.series]
        rows = zip(starts[keep], self.first_rows[keep], strict=True)
        parts = [naive2(self.panel.y[start:end], horizon, self.task.season[0]) for start, end in rows]
        return np.array(parts).reshape(-1, horizon)

    def metrics(self, level: Sequence[float] = ()) -> dict[str, float]:
        """Return every metric, averaged over the windows that were not trained on."""
        if self.task.symbols:
            return evaluate_symbols(self.scored_symbols)
        return evaluate(self.scored, tuple(level))

    def loss_by_step(self) -> tuple[str, NDArray[np.float64]]:
        """Return the name of the loss that fits, and its mean [H] by step ahead: MASE, or perplexity for symbols."""
        if not self.task.symbols:
            return "MASE", self.mase_by_step()
        with np.errstate(invalid="ignore"):
            return "Perplexity", np.exp(np.nanmean(self.scored_symbols.surprise, axis=0))

    def mase_by_step(self) -> NDArray[np.float64]:
        """Return MASE [H] by step ahead."""
        scored = self.scored
        with np.errstate(invalid="ignore"):
            return np.nanmean(np.abs(scored.error) / positive(scored.scale)[:, None], axis=0)

    def to_frame(self, level: Sequence[float] = ()) -> pd.DataFrame:
        """Return the frame `unique_id, ds, cutoff, y, <Model>` with the columns of the levels that were asked for.

        Of symbols, `<Model>-p` is the probability that was given to what happened.
        """
        horizon = self.answer.median.shape[1]
        panel, origins = self.panel, self.origins
        times = panel.times_after(origins, horizon)
        cutoff = panel.times_after(origins.later(-1), 1)
        columns: dict[str, Any] = {
            UNIQUE_ID: np.repeat(panel.ids[origins.series], horizon),
            DS: panel.to_output(times.ravel()),
            CUTOFF: panel.to_output(np.repeat(cutoff.ravel(), horizon)),
            Y: symbols_at(panel.symbols, self.y.ravel()) if panel.symbols else self.y.ravel(),
            **value_columns(self.alias, self.answer, Question(horizon, tuple(level))),
        }
        if panel.symbols:
            columns[probability_column(self.alias)] = self.probability.ravel()
        if len(self.in_sample):
            columns[IN_SAMPLE] = np.repeat(self.in_sample, horizon)
        return pd.DataFrame(columns)


def backtest_fitted(
    predictor: Predictor,
    panel: Panel,
    rolling: RollingOrigins,
    quantile_levels: Sequence[float] = (),
    training_end: str | int | None = None,
) -> Backtest:
    """Answer all origins with one predictor, batched.

    Args:
        predictor: trained on nothing after the first origin, unless `training_end` says otherwise.
        panel: the data.
        rolling: where the windows start.
        quantile_levels: levels wanted.
        training_end: last time step of a loaded model's training data; earlier origins are marked in-sample.

    Raises:
        RequestError: the model cannot answer a level.
    """
    question = predictor.question(quantile_levels=quantile_levels)
    answer = predictor.predict_panel(panel, question, rolling.origins)
    in_sample = np.zeros(0, bool)
    if training_end is not None:
        in_sample = panel.times_after(rolling.origins.later(-1), 1).ravel() < panel.parse_label(training_end)
    return Backtest(predictor.spec.alias, predictor.task, panel, rolling, answer, in_sample)


def backtest_by_window(
    predictor_at: Callable[[int], Predictor],
    panel: Panel,
    rolling: RollingOrigins,
    quantile_levels: Sequence[float] = (),
) -> Backtest:
    """Answer each window with a predictor of its own, such as one fitted on the data up to its origins.

    Args:
        predictor_at: returns the predictor of a window, which knows nothing after its origins.
        panel: the data.
        rolling: where the windows start.
        quantile_levels: levels wanted.

    Raises:
        RequestError: a model cannot answer a level.
    """
    parts: list[Answer] = []
    order = []
    for window in np.unique(rolling.window):
        rows = np.flatnonzero(rolling.window == window)
        predictor = predictor_at(window)
        question = predictor.question(quantile_levels=quantile_levels)
        parts.append(predictor.predict_panel(panel, question, rolling.origins[rows]))
        order.append(rows)
    answer = in_one(parts, order)
    return Backtest(predictor.spec.alias, predictor.task, panel, rolling, answer)


def backtest_refitted(
    fit: Callable[[Panel], Predictor], panel: Panel, rolling: RollingOrigins, quantile_levels: Sequence[float] = ()
) -> Backtest:
    """Fit a model at every origin on the rows known there; arguments as for `backtest_fitted`."""
    return backtest_by_window(lambda window: fit(panel.known_at(rolling, window)), panel, rolling, quantile_levels)


def backtest_recalibrated(
    fit: Callable[[Panel], Predictor],
    panel: Panel,
    rolling: RollingOrigins,
    quantile_levels: Sequence[float],
    horizons: int,
) -> Backtest:
    """Fit a model once, before the first origin, and calibrate its intervals again at every origin.

    Args:
        fit: fits a model on a panel.
        panel: the data.
        rolling: where the windows start.
        quantile_levels: levels wanted.
        horizons: what lies before an origin and calibrates there.

    Raises:
        ConfigError: `horizons` is no integer of at least 1.
        TrainingError: there is nothing to calibrate on.
    """
    require(is_count(horizons), "calibration_windows", "an integer of at least 1 to calibrate again", horizons)
    predictor = fit(panel.known_at(rolling))
    seen = calibration_ends(rolling.ends(panel.n_series), predictor.task.horizon, horizons)
    moving = MovingCalibration.of(predictor, panel, seen, horizons)
    return backtest_by_window(
        lambda window: moving.predictor_at(rolling.ends(panel.n_series, window)), panel, rolling, quantile_levels
    )


def in_one(parts: Sequence[Answer], order: Sequence[NDArray[np.int64]]) -> Answer:
    """Return the answers of disjoint sets of windows as one.

    Args:
        parts: at least one.
        order: number of each window of each part.
    """
    back = np.argsort(np.concatenate(order))
    status = [one for part in parts for one in part.status]
    problems = {
        int(rows[at]): one for part, rows in zip(parts, order, strict=True) for at, one in part.problems.items()
    }
    return Answer(
        np.concatenate([part.median for part in parts])[back],
        np.concatenate([part.quantiles for part in parts])[back],
        parts[0].quantile_levels,
        [status[row] for row in back],
        problems,
        symbols=parts[0].symbols,
        probabilities=np.concatenate([part.probabilities for part in parts])[back],
    )


def seasonal_scales(panel: Panel, origins: Origins, period: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean absolute and mean squared seasonal difference [W] of each window's history; NaN without any."""
    difference = np.full(len(panel.y), np.nan)
    with np.errstate(over="ignore"):  # an infinite scale is none
        difference[period:] = panel.y[period:] - panel.y[:-period]
    inside = np.arange(len(panel.y)) - np.repeat(panel.offsets[:-1], panel.lengths) >= period
    usable = inside & ~np.isnan(difference)
    difference = np.where(usable, difference, 0.0)
    count = history_sum(panel, origins, usable.astype(float))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        absolute, squared = (history_sum(panel, origins, values) for values in (np.abs(difference), difference**2))
        return absolute / count, squared / count


def history_sum(panel: Panel, origins: Origins, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum [W] of values [N] over each window's history, in one pass over the rows.

    Of each series alone: differences of sums over the whole panel would lose the digits of a small series beside a
    large one.
    """
    last = panel.offsets[:-1][origins.series] + origins.steps + 1
    order = np.argsort(last, kind="stable")
    series, last = origins.series[order], last[order]
    # every row counts for the first window that knows it and for the later ones of its series
    window = np.searchsorted(last, np.arange(len(values)), side="right")
    is_known = np.append(series, -1)[window] == np.repeat(np.arange(panel.n_series), panel.lengths)
    parts = np.bincount(window[is_known], values[is_known], len(series))
    names, code = np.unique(series, return_inverse=True)
    rank = np.arange(len(series)) - np.searchsorted(series, series)
    by_series = np.zeros((len(names), int(rank.max(initial=0)) + 1))
    by_series[code, rank] = parts
    found = np.empty(len(series))
    found[order] = by_series.cumsum(axis=1)[code, rank]
    return found
