"""POST /v1/forecast: series in, forecasts out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic_core import to_json

from serving.answering import Answer, answer
from serving.body import JSON, read_body, require_type
from serving.exchange import current_exchange
from serving.forecasts import Forecast
from serving.service import current_service, request_deadline
from serving.strict_json import parse

blueprint = Blueprint("forecast", __name__)


@blueprint.post("/v1/forecast")
def forecast() -> Response:
    """Forecast the series of the request."""
    service, exchange = current_service(), current_exchange()
    require_type(JSON)
    deadline = request_deadline(service.settings)
    body = read_body(service.settings.max_body_bytes)
    exchange.mark("receive")
    with service.gate.enter(deadline):
        exchange.mark("queue")
        value = parse(body)
        exchange.mark("parse")
        deadline.require()
        given = answer(value, service.store.snapshot, service.settings, exchange)
        text = to_json(render(given, exchange.request_id))
    exchange.mark("write")
    return Response(text, content_type=JSON)


def render(given: Answer, request_id: str) -> dict[str, Any]:
    """Return the JSON form of an answer; every number in it is finite."""
    served = given.served
    return {
        "model": {"name": served.name, "version": served.version, "alias": served.alias, "digest": served.digest},
        "request_id": request_id,
        "forecasts": [render_series(one, given) for one in given.forecasts],
    }


def render_series(one: Forecast, given: Answer) -> dict[str, Any]:
    """Return the JSON form of the forecast of one series; what was not asked for is left out."""
    form: dict[str, Any] = {"unique_id": one.name, "ds": one.ds, "point": one.point}
    if one.quantiles:
        form["quantiles"] = one.quantiles
    if one.intervals:
        form["intervals"] = {level: {"lo": lower, "hi": upper} for level, (lower, upper) in one.intervals.items()}
    if one.probabilities:
        form["probabilities"] = one.probabilities
    form["status"] = given.status_of(one)
    form["warnings"] = [{"code": code, "detail": detail} for code, detail in one.warnings]
    if one.errors:
        form["errors"] = [vars(error) for error in one.errors]
    return form
