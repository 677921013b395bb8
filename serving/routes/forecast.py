"""POST /v1/forecast: series in, forecasts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response
from pydantic_core import to_json

from serving.answer.answer import SeriesError, answer_request
from serving.answer.forecasts import SeriesForecast
from serving.http.exchange import current_exchange
from serving.http.media import JSON
from serving.http.strict_json import parse_json
from serving.request.caveats import Caveat
from serving.request.question import read_request
from serving.served.store import ModelId
from serving.service import current_service

blueprint = Blueprint("forecast", __name__)

#: Status of a series that has no forecast.
STATUS_ERROR = "error"


@blueprint.post("/v1/forecast")
def forecast() -> Response:
    """Forecast the series of the request."""
    service, exchange = current_service(), current_exchange()
    with service.admit(JSON) as admitted:
        snapshot = service.store.snapshot  # the whole request is answered by the models of this moment
        value = parse_json(admitted.body)
        exchange.mark("parse")
        admitted.deadline.require()
        request = read_request(value, service.settings)
        served = snapshot.find(request.model)
        exchange.sizes.update(model=served.id.name, version=served.id.version)
        forecasts = answer_request(request, served.predictor, service.settings, exchange)
        text = to_json(render(forecasts, served.id, exchange.request_id))
    exchange.mark("write")
    return Response(text, content_type=JSON)


def render(forecasts: Sequence[SeriesForecast | SeriesError], model: ModelId, request_id: str) -> dict[str, Any]:
    """Return an answer as JSON values; every number in it is finite."""
    return {
        "model": vars(model),
        "request_id": request_id,
        "forecasts": [render_error(one) if isinstance(one, SeriesError) else render_forecast(one) for one in forecasts],
    }


def render_forecast(one: SeriesForecast) -> dict[str, Any]:
    """Return the forecast of one series as JSON values; what was not asked for is left out."""
    form: dict[str, Any] = {"unique_id": one.name, "ds": one.ds, "point": one.point}
    if one.quantiles:
        form["quantiles"] = one.quantiles
    if one.intervals:
        form["intervals"] = {level: {"lo": two.lower, "hi": two.upper} for level, two in one.intervals.items()}
    if one.probabilities:
        form["probabilities"] = one.probabilities
    return {**form, "status": one.status_at(len(one.point) - 1), "warnings": render_caveats(one.caveats)}


def render_error(one: SeriesError) -> dict[str, Any]:
    """Return a series without a forecast as JSON values."""
    errors = [error.to_dict() for error in one.errors]
    return {"unique_id": one.name, "ds": [], "point": [], "status": STATUS_ERROR, "warnings": [], "errors": errors}


def render_caveats(caveats: Sequence[Caveat]) -> list[dict[str, str]]:
    """Return what is said beside a forecast as JSON values."""
    return [{"code": one.code, "detail": one.detail} for one in caveats]
