"""Is it alive, is it ready, what is here: routes that never wait for a slot."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from serving.http.admission import retry_after
from serving.http.media import json_response
from serving.http.problems import Problem
from serving.http.refusals import ErrorItem
from serving.service import current_service

blueprint = Blueprint("health", __name__)


@blueprint.get("/")
def index() -> Response:
    """List the paths of this service."""
    return json_response({"paths": sorted({rule.rule for rule in current_app.url_map.iter_rules()})})


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; no model, registry or disk is asked."""
    return json_response({"status": "alive"})


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
        errors = [ErrorItem((), "not_loaded", f"{one}: {snapshot.failures.get(one, 'loading')}") for one in waiting]
        raise Problem(503, "not_ready", "Not every model is loaded.", errors, headers=retry_after())
    models = [{"name": one.id.name, "version": one.id.version, "digest": one.id.digest} for one in snapshot.models]
    degraded = [f"{reference}: {reason}" for reference, reason in snapshot.failures.items()]
    return json_response({"status": "ready", "models": models, "degraded": degraded})
