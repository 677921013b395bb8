"""POST /v1/admin/reload: look for new model versions now, in every process."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, request

from serving.http.media import json_response
from serving.http.problems import Problem
from serving.served.refresher import ask_for_reload
from serving.service import current_service

blueprint = Blueprint("admin", __name__)

LOCAL = {"127.0.0.1", "::1"}


@blueprint.post("/v1/admin/reload")
def reload() -> Response:
    """Ask every process on this home folder to look for new versions; they do it in the background."""
    require_admin()
    ask_for_reload()
    return json_response({"status": "asked"}, 202)


def require_admin() -> None:
    """Let pass who knows the token of the settings; without one, whoever is on this machine.

    Raises:
        Problem: 401 or 403.
    """
    token = current_service().settings.admin_token
    if token is None:
        if request.remote_addr not in LOCAL:
            text = "Without FORECAST_ADMIN_TOKEN this path answers only on the machine the service runs on."
            raise Problem(403, "forbidden", text)
        return
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, b"Bearer " + token.get_secret_value().encode()):
        text = "Send the admin token as `Authorization: Bearer TOKEN`."
        raise Problem(401, "unauthorized", text, headers={"WWW-Authenticate": "Bearer"})
