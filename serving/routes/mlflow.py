"""MLflow's scoring protocol over the same predictor: /invocations, /ping, /health, /version."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response
from pydantic_core import to_json

from forecasting.config import Task
from forecasting.schema import (
    DS,
    STATUS,
    STATUS_ROLLED_OUT,
    UNIQUE_ID,
    Y,
    interval_columns,
    is_fallback,
    probability_column,
    quantile_column,
)
from serving.answering import Answer, answer
from serving.body import CSV, JSON, read_body, require_type
from serving.exchange import current_exchange
from serving.forecasts import Forecast
from serving.models import Snapshot
from serving.payloads import TRAINED_HORIZON, Levels, Strict
from serving.problems import Problem, invalid
from serving.service import current_service, request_deadline
from serving.strict_json import parse
from serving.tables import Table, from_csv, from_records, from_split, missing_as_null
from serving.validation import Refusal, validate

blueprint = Blueprint("mlflow", __name__)

#: MLflow's array parameters cannot default to nothing: this value stands for it.
NOT_GIVEN = -1


class Params(Strict):
    """The parameters of the model's MLflow signature."""

    horizon: int = TRAINED_HORIZON
    level: Levels | None = None
    quantile_levels: Levels | None = None
    probabilities: bool = False


class Invocation(Strict):
    """The body of a scoring request: one of the frames, and parameters."""

    dataframe_split: Any = None
    dataframe_records: Any = None
    params: dict[str, Any] | None = None


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
    kind = require_type(JSON, CSV)
    deadline = request_deadline(service.settings)
    body = read_body(service.settings.max_body_bytes)
    exchange.mark("receive")
    with service.gate.enter(deadline):
        exchange.mark("queue")
        snapshot = service.store.snapshot
        try:
            scoring = read_invocation(body, kind, snapshot.find(None).predictor.task)
        except Refusal as refusal:
            raise invalid(refusal.errors, refusal.total) from refusal
        exchange.mark("parse")
        deadline.require()
        given = answer_scoring(scoring, snapshot)
        rows = [row for one in given.forecasts for row in records(one, given, scoring.shows_probabilities)]
        text = to_json({"predictions": rows})
    exchange.mark("write")
    return Response(text, content_type=JSON)


@dataclass(frozen=True)
class Scoring:
    """A scoring request in our terms.

    Attributes:
        table: the frame.
        fields: those of a forecast request, the series apart.
        shows_probabilities: whether the answer has a column for each symbol.
    """

    table: Table
    fields: dict[str, Any] = field(default_factory=dict)
    shows_probabilities: bool = False


def read_invocation(body: bytes, kind: str, task: Task) -> Scoring:
    """Read a scoring request.

    Args:
        body: of the request.
        kind: its content type.
        task: of the model that will answer.

    Raises:
        Problem: 400, the body cannot be read.
        Refusal: it is no scoring request.
    """
    if kind == CSV:
        return Scoring(from_csv(body, task))
    invocation = validate(Invocation, parse(body))
    frames = {"dataframe_split", "dataframe_records"} & invocation.model_fields_set
    if len(frames) != 1:
        text = "Send exactly one of `dataframe_split` and `dataframe_records`, or a text/csv body."
        raise Refusal.of("", "one_frame", text)
    params = validate(Params, invocation.params or {}, ("params",))
    if params.probabilities and not task.symbols:
        detail = "This model forecasts numbers, which have no probabilities. Leave it out."
        raise Refusal.of("/params/probabilities", "no_probabilities", detail)
    beside = [name for name, _ in task.all_covariates]
    if "dataframe_split" in frames:
        table = from_split(invocation.dataframe_split, beside)
    else:
        table = from_records(invocation.dataframe_records, beside)
    return Scoring(table, fields_of(params), params.probabilities)


def fields_of(params: Params) -> dict[str, Any]:
    """Return the parameters that were given, without MLflow's stand-ins for nothing."""
    fields: dict[str, Any] = {
        name: [one for one in getattr(params, name) or () if one != NOT_GIVEN] for name in ("level", "quantile_levels")
    }
    if "horizon" in params.model_fields_set and params.horizon != NOT_GIVEN:
        fields["horizon"] = params.horizon
    return fields


def answer_scoring(scoring: Scoring, snapshot: Snapshot) -> Answer:
    """Forecast the series of a table.

    Raises:
        Problem: something is wrong with it; the pointers are to its rows.
    """
    settings, table = current_service().settings, scoring.table
    task = snapshot.find(None).predictor.task
    if len(table.ds) > settings.max_points:
        raise Problem(413, "too_many_points", f"A frame may have {settings.max_points} rows.")
    try:
        rows = table.rows_of_series()
        series = [series_of(table, name, own, task) for name, own in rows.items()]
    except Refusal as refusal:
        raise invalid(refusal.errors, refusal.total) from refusal
    value = {"series": series, **scoring.fields}
    try:
        return answer(value, snapshot, settings, current_exchange(), rows_hold_future=True)
    except Problem as problem:
        problem.errors = [table.translate(error, list(rows.values())) for error in problem.errors]
        raise


def series_of(table: Table, name: str, rows: list[int], task: Task) -> dict[str, Any]:
    """Return one series of a table as a request has it; the rows after its last value hold its future.

    Raises:
        Refusal: a static covariate is not the same in all rows.
    """
    return {
        UNIQUE_ID: name,
        DS: [table.ds[row] for row in rows],
        Y: [missing_as_null(table.y[row]) for row in rows],
        "static_covariates": table.statics_of(rows, task.static_names),
        "known_covariates": table.covariates_of(rows, task.known_names),
        "past_covariates": table.covariates_of(rows, task.past_names),
    }


def records(one: Forecast, given: Answer, shows_probabilities: bool) -> list[dict[str, Any]]:
    """Return the rows of a forecast frame, as the library names its columns."""
    alias = given.served.predictor.spec.alias
    columns: dict[str, list[Any]] = {alias: one.point}
    for level, bounds in one.intervals.items():
        columns.update(zip(interval_columns(alias, float(level)), bounds, strict=True))
    for q, values in one.quantiles.items():
        columns[quantile_column(alias, float(q))] = values
    if shows_probabilities:
        columns.update((probability_column(alias, symbol), values) for symbol, values in one.probabilities.items())
    rows = []
    answered = given.horizon if is_fallback(one.status) else given.trained_horizon
    for step, cells in enumerate(zip(*columns.values(), strict=True)):
        status = one.status if step < answered else STATUS_ROLLED_OUT
        rows.append({UNIQUE_ID: one.name, DS: one.ds[step], STATUS: status, **dict(zip(columns, cells, strict=True))})
    return rows
