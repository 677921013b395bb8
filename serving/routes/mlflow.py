"""MLflow's scoring protocol over the same predictor: /invocations, /ping, /health, /version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response
from pydantic_core import to_json

from forecasting.schema import DS, STATUS, UNIQUE_ID, interval_columns, probability_column, quantile_column
from serving.answer.answer import answer_request
from serving.answer.forecasts import SeriesForecast
from serving.http.exchange import current_exchange
from serving.http.media import CSV, JSON
from serving.request.invocations import read_invocation
from serving.request.question import read_request
from serving.service import current_service

blueprint = Blueprint("mlflow", __name__)


@blueprint.get("/ping")
@blueprint.get("/health")
def ping() -> Response:
    """Say whether the model is there, as MLflow's server does."""
    ready = current_service().store.snapshot.is_ready
    return Response("\n", 200 if ready else 404, content_type=JSON)


@blueprint.get("/version")
def mlflow_version() -> Response:
    """Give the MLflow version whose protocol this is."""
    return Response(version("mlflow"), content_type="text/plain; charset=utf-8")


@blueprint.post("/invocations")
def invocations() -> Response:
    """Forecast the series of a frame."""
    service, exchange = current_service(), current_exchange()
    with service.admit(JSON, CSV) as admitted:
        served = service.store.snapshot.find(None)
        predictor, settings = served.predictor, service.settings
        invocation = read_invocation(admitted.body, admitted.media_type, predictor.task, settings.max_points)
        exchange.mark("parse")
        admitted.deadline.require()
        value = invocation.request(predictor.task)
        with invocation.located():
            request = read_request(value, settings)
            exchange.sizes.update(model=served.id.name, version=served.id.version)
            forecasts = answer_request(request, predictor, settings, exchange, rows_hold_future=True)
        # none of them is an error: one bad series fails the whole request
        series = [one for one in forecasts if isinstance(one, SeriesForecast)]
        rows = [row for one in series for row in render_rows(one, predictor.spec.alias, invocation.shows_probabilities)]
        text = to_json({"predictions": rows})
    exchange.mark("write")
    return Response(text, content_type=JSON)


def render_rows(one: SeriesForecast, alias: str, shows_probabilities: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of a forecast frame as JSON values, its columns named as the library names them.

    Args:
        one: forecast of a series.
        alias: name of the model's column.
        shows_probabilities: whether there is a column for each symbol.
    """
    columns: dict[str, Sequence[Any]] = {alias: one.point}
    for level, interval in one.intervals.items():
        lower, upper = interval_columns(alias, float(level))
        columns |= {lower: interval.lower, upper: interval.upper}
    columns |= {quantile_column(alias, float(q)): values for q, values in one.quantiles.items()}
    if shows_probabilities:
        columns |= {probability_column(alias, symbol): values for symbol, values in one.probabilities.items()}
    for step, cells in enumerate(zip(*columns.values(), strict=True)):
        first = {UNIQUE_ID: one.name, DS: one.ds[step], STATUS: one.status_at(step)}
        yield {**first, **dict(zip(columns, cells, strict=True))}
