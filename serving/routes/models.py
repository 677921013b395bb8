"""GET /v1/models: which models are served, and what they were trained for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic_core import to_json

from forecasting.config import Kinds
from serving.body import JSON
from serving.models import Served
from serving.service import current_service

blueprint = Blueprint("models", __name__)


@blueprint.get("/v1/models")
def models() -> Response:
    """Describe every model served, the default first."""
    snapshot = current_service().store.snapshot
    return Response(to_json({"models": [describe(one) for one in snapshot.models]}), content_type=JSON)


@blueprint.get("/v1/models/<path:name>")
def model(name: str) -> Response:
    """Describe the model that requests call NAME, NAME@alias or NAME/version."""
    return Response(to_json(describe(current_service().store.snapshot.find(name))), content_type=JSON)


def describe(served: Served) -> dict[str, Any]:
    """Return what a caller may know about a model."""
    task, spec, facts = served.predictor.task, served.predictor.spec, served.facts
    return {
        "name": served.name,
        "version": served.version,
        "alias": served.alias,
        "digest": served.digest,
        "model": spec.model,
        "freq": task.freq,
        "horizon": task.horizon,
        "max_horizon": task.max_horizon,
        "context_length": task.context_length,
        "season": task.season,
        "quantile_levels": task.quantile_levels,
        "quantile_range": served.predictor.quantile_range,
        "calibration_windows": facts.calibration_windows,
        "symbols": task.symbols,
        "static_covariates": covariates(task.static_covariates),
        "known_covariates": covariates(task.known_covariates),
        "past_covariates": covariates(task.past_covariates),
        "lower": task.lower,
        "upper": task.upper,
        "training_end": facts.training_end,
        "trained_on": {"series": facts.series, "rows": facts.rows, "fingerprint": facts.fingerprint},
        "created": facts.created,
    }


def covariates(kinds: Kinds) -> list[dict[str, Any]]:
    """Return covariates by name, with their categories; none for numbers."""
    return [{"name": name, "categories": categories} for name, categories in kinds]
