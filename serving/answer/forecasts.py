"""From a panel to a forecast per series: one call of the predictor, then lists, caveats and reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.task import Task
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from forecasting.schema import (
    STATUS_FALLBACK,
    STATUS_OK,
    STATUS_PADDED,
    STATUS_ROLLED_OUT,
    Y,
    interval_quantiles,
    is_fallback,
)
from serving.http.problems import NON_FINITE
from serving.http.refusals import Refusal
from serving.request.caveats import Caveat
from serving.request.outcomes import Outcomes
from serving.request.placing import PlacedSeries
from serving.request.question import SeriesQuestion
from serving.request.zones import to_texts

if TYPE_CHECKING:
    from forecasting.prediction.answer import Answer
    from forecasting.prediction.predictor import Predictor

#: float32, in which networks compute, ends at 3.4e38; a forecast from larger values need not be finite.
LARGEST_FORECASTABLE = 1e37

NO_INTERVAL = Caveat(
    "no_interval", "Too few values are observed to say how uncertain this forecast is: its intervals are null."
)
SIMPLER_MODEL = Caveat(STATUS_FALLBACK, "This forecast comes from a simpler model; the status says which and why.")

#: H numbers; None where a fallback knows none, for JSON has no NaN.
Bound = Sequence[float | None]


@dataclass(frozen=True)
class Interval:
    """The bounds of a central interval, H numbers each."""

    lower: Bound
    upper: Bound


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series.

    Attributes:
        name: its id.
        status: of the first `steps_at_once` steps: `ok`, `padded` or `fallback:<model>:<reason>`.
        steps_at_once: those that the model answered in one pass; the others are rolled out.
        ds: H texts or integers.
        point: H medians, or the texts of the most probable symbols.
        quantiles: by the level's text, as asked for.
        intervals: by the level's text, as asked for.
        probabilities: H numbers by symbol; none for numbers.
        caveats: what the answer says beside it.
    """

    name: str
    status: str
    steps_at_once: int
    ds: Sequence[str] | Sequence[int]
    point: Sequence[float] | Sequence[str]
    quantiles: Mapping[str, Bound] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    probabilities: Mapping[str, Sequence[float]] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()

    def status_at(self, step: int) -> str:
        """Return the status of one step, counted from 0."""
        return self.status if step < self.steps_at_once else STATUS_ROLLED_OUT


def forecast_series(
    panel: Panel | None, placed: Outcomes[PlacedSeries], predictor: Predictor, question: SeriesQuestion
) -> Outcomes[SeriesForecast]:
    """Forecast all placed series at once.

    Args:
        panel: the good ones, in their order; None when there are none.
        placed: all of them.
        predictor: of the model that answers.
        question: what is asked.

    Raises:
        Refusal: too many errors; see `Outcomes.then`.
    """
    if panel is None:
        return Outcomes({}, placed.is_partial, placed.refused)
    answer = predictor.predict_panel(panel, question.asked)
    lists = AnswerLists.of(answer, panel, question)
    windows = {position: window for window, position in enumerate(placed.good)}

    def forecast(position: int, series: PlacedSeries) -> SeriesForecast:
        window = windows[position]
        if window in answer.problems:
            raise refusal_of(answer.problems[window], series)
        return lists.forecast(window, series)

    return placed.then(forecast)


@dataclass(frozen=True)
class AnswerLists:
    """A predictor's answer for W windows as lists with an entry for each.

    Attributes:
        question: what was asked.
        status: W texts.
        ds: W times H texts or integers.
        point: W times H.
        quantiles: W times H by quantile level.
        probabilities: W times H by symbol.
    """

    question: SeriesQuestion
    status: list[str]
    ds: list[list[Any]]
    point: list[list[Any]]
    quantiles: dict[float, list[list[float]]]
    probabilities: dict[str, list[list[float]]]

    @classmethod
    def of(cls, answer: Answer, panel: Panel, question: SeriesQuestion) -> AnswerLists:
        """Return an answer as lists."""
        times = panel.times_after(panel.origins, question.horizon)
        return cls(
            question,
            answer.status,
            to_texts(panel, times),
            answer.shown.tolist(),
            {q: answer.at(q).tolist() for q in question.asked.levels},
            {symbol: answer.probabilities[:, :, code].tolist() for code, symbol in enumerate(answer.symbols)},
        )

    def forecast(self, window: int, series: PlacedSeries) -> SeriesForecast:
        """Return the forecast of a series, which is that of one window."""
        status, horizon, task = self.status[window], self.question.horizon, self.question.task
        is_simpler = is_fallback(status)
        rows = {q: or_null(many[window]) if is_simpler else many[window] for q, many in self.quantiles.items()}
        unknown = (NO_INTERVAL,) if is_simpler and any(None in row for row in rows.values()) else ()
        return SeriesForecast(
            name=series.name,
            status=status,
            steps_at_once=horizon if is_simpler else task.horizon,
            ds=self.ds[window],
            point=self.point[window],
            quantiles={format(q, "g"): rows[q] for q in self.question.asked.quantile_levels},
            intervals={
                format(level, "g"): Interval(*(rows[q] for q in interval_quantiles(level)))
                for level in self.question.asked.level
            },
            probabilities={symbol: many[window] for symbol, many in self.probabilities.items()},
            caveats=(*series.caveats, *weaknesses(status, horizon, task, len(series.y)), *unknown),
        )


def or_null(values: list[float]) -> list[float | None]:
    """Return the values, None in the place of NaN."""
    return [None if math.isnan(value) else value for value in values]


def weaknesses(status: str, horizon: int, task: Task, rows: int) -> Iterator[Caveat]:
    """Yield what the answer says about a forecast that is weaker than the model's best."""
    if status == STATUS_PADDED:
        text = f"The model looks back {task.context_length} rows, this series has {rows}; the rest counts as missing."
        yield Caveat(STATUS_PADDED, text)
    elif status != STATUS_OK:
        yield SIMPLER_MODEL
    if horizon > task.horizon and not is_fallback(status):
        text = (
            f"The model was trained for {task.horizon} steps. What lies beyond is forecast from its own forecasts, "
            "and more certain than it should be."
        )
        yield Caveat(STATUS_ROLLED_OUT, text)


def refusal_of(problem: ForecastingError, series: PlacedSeries) -> Refusal:
    """Return why a placed series has no forecast."""
    if problem.code == NON_FINITE and np.nanmax(np.abs(series.y)) > LARGEST_FORECASTABLE:
        text = f"These values are too large to forecast from. Scale them to below {LARGEST_FORECASTABLE:g}."
        return Refusal.of((*series.pointer, Y), "out_of_range", text)
    return Refusal.of((*series.pointer, Y), problem.code, str(problem))
