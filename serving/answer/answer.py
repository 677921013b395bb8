"""The way of a forecast request, the same one for every route: read, place, build, forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.schema import UNIQUE_ID
from serving.answer.forecasts import SeriesForecast, forecast_series
from serving.http.exchange import Exchange
from serving.http.refusals import ErrorItem
from serving.request.outcomes import Outcomes
from serving.request.panel import build_panel, common_axis, place_all
from serving.request.payloads import ForecastIn
from serving.request.question import read_question
from serving.request.series import SentSeries, read_series
from serving.settings import Settings

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor

#: Longest id that is repeated of a series that could not be read.
LONGEST_NAME = 256


@dataclass(frozen=True)
class SeriesError:
    """A series that has no forecast.

    Attributes:
        name: its id; None where it has no readable one.
        errors: why.
    """

    name: str | None
    errors: list[ErrorItem]


def answer_request(
    request: ForecastIn,
    predictor: Predictor,
    settings: Settings,
    exchange: Exchange,
    *,
    rows_hold_future: bool = False,
) -> list[SeriesForecast | SeriesError]:
    """Forecast the series of a request.

    Args:
        request: its fields checked.
        predictor: of the model that answers.
        settings: bounds.
        exchange: takes note of sizes and times.
        rows_hold_future: whether known covariates of the steps ahead stand in rows without `y`.

    Returns:
        What became of each series, in their order; errors only where the request wants them beside the forecasts.

    Raises:
        Refusal: something is wrong with the request, or the model gave no finite number.
        Problem: it is too large.
    """
    exchange.sizes.update(series=len(request.series))
    question = read_question(request, predictor, settings, rows_hold_future=rows_hold_future)
    sent = read_series(question, settings)
    axis = common_axis(sent, question, settings.max_history)
    placed = place_all(sent, axis, question, settings.max_points)
    panel = build_panel(placed, axis, question.task)
    exchange.sizes.update(rows=sum(len(one.y) for one in placed.good.values()), horizon=question.horizon)
    exchange.mark("read")
    forecasts = forecast_series(panel, placed, predictor, question)
    forecasts.require_complete()
    exchange.mark("forecast")
    return [
        forecasts.good.get(position) or SeriesError(name_of(position, value, sent), forecasts.refused[position].errors)
        for position, value in enumerate(request.series)
    ]


def name_of(position: int, value: Any, sent: Outcomes[SentSeries]) -> str | None:
    """Return the id of a series that has no forecast, as far as it could be read."""
    if position in sent.good:
        return sent.good[position].name
    name = value.get(UNIQUE_ID) if isinstance(value, dict) else None
    return name[:LONGEST_NAME] if isinstance(name, str) else None
