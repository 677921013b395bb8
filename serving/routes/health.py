"""Is it alive, is it ready, what is here: routes that never wait for a slot."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app
from pydantic_core import to_json

from serving.admission import retry_after
from serving.body import JSON
from serving.problems import ErrorItem, Problem
from serving.service import current_service

blueprint = Blueprint("health", __name__)


@blueprint.get("/")
def index() -> Response:
    """List the paths of this service."""
    rules = [rule for rule in current_app.url_map.iter_rules() if rule.endpoint != "static"]
    return answer({"paths": sorted({rule.rule for rule in rules})})


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; no model, registry or disk is asked."""
    return answer({"status": "alive"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether every model is loaded and warm, and the process is not about to stop.

    Raises:
        Problem: 503 with the reasons, when one is not.
    """
    service = current_service()
    snapshot = service.store.snapshot
    if service.draining.is_set():
        raise Problem(503, "draining", "This process is about to stop.", headers=retry_after())
    if not snapshot.is_ready:
        waiting = [reference for reference in snapshot.references if reference not in snapshot.served]
        errors = [ErrorItem("", "not_loaded", f"{one}: {snapshot.failures.get(one, 'loading')}") for one in waiting]
        raise Problem(503, "not_ready", "Not every model is loaded.", errors, headers=retry_after())
    degraded = [f"{reference}: {reason}" for reference, reason in snapshot.failures.items()]
    models = [{"name": one.name, "version": one.version, "digest": one.digest} for one in snapshot.models]
    return answer({"status": "ready", "models": models, "degraded": degraded})


def answer(value: Any) -> Response:
    """Return a JSON answer."""
    return Response(to_json(value), content_type=JSON)
