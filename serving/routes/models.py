"""GET /v1/models: which models are served, and what they were trained for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from forecasting.config.task import Kinds
from serving.http.media import json_response
from serving.served.store import Served
from serving.service import current_service

blueprint = Blueprint("models", __name__)


@blueprint.get("/v1/models")
def models() -> Response:
    """Describe every model served, the default first."""
    snapshot = current_service().store.snapshot
    return json_response({"models": [model_card(one) for one in snapshot.models]})


@blueprint.get("/v1/models/<path:name>")
def model(name: str) -> Response:
    """Describe the model that requests call NAME, NAME@alias or NAME/version."""
    return json_response(model_card(current_service().store.snapshot.find(name)))


def model_card(served: Served) -> dict[str, Any]:
    """Return what a caller may know about a model."""
    task, spec, facts = served.predictor.task, served.predictor.spec, served.facts
    return {
        **vars(served.id),
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
