"""The application: `create_app(settings)` puts routes, checks, headers and errors around one service."""

from __future__ import annotations

from flask import Flask, Response, request

from serving import exchange, problems
from serving.routes import admin, forecast, health, mlflow, models
from serving.service import EXTENSION, Service, current_service
from serving.settings import Settings

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def create_app(settings: Settings | None = None) -> Flask:
    """Create the application.

    No model is loaded here, and no thread started: a process that is going to fork must have neither. The
    models are loaded in the background from the first request on, or when the server says that it is up.

    Args:
        settings: those of the environment, when not given.

    Raises:
        ValueError: there is no model to serve.
        RegistryError: a model to serve is neither a folder nor a reference.
    """
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = Service.of((settings or Settings()).require_models())
    app.url_map.merge_slashes = False
    problems.register(app)
    app.before_request(begin)
    app.after_request(finish)
    for routes in (forecast, models, health, mlflow, admin):
        app.register_blueprint(routes.blueprint)
    return app


def begin() -> None:
    """Start the exchange of a request, and refuse what no route should see."""
    exchange.begin()
    service = current_service()
    service.loader.ensure_started()
    require_host(service.settings.allowed_hosts)
    require_json_accepted()


def finish(response: Response) -> Response:
    """Put the headers that every answer carries, and write the access log."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = exchange.current_exchange().request_id
    exchange.log(response.status_code, response.content_length)
    return response


def require_host(allowed: tuple[str, ...]) -> None:
    """Raise a 400 when HTTP/1.1 comes without a Host, with two, or with one that is not allowed."""
    host = request.environ.get("HTTP_HOST", "")
    if not host and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        raise problems.Problem(400, "host_missing", "HTTP/1.1 requires a Host header.")
    if "," in host:
        raise problems.Problem(400, "host_invalid", "There must be one Host header.")
    if allowed and host.rsplit(":", 1)[0].lower() not in allowed:
        raise problems.Problem(400, "host_not_allowed", "This service does not answer under this host name.")


def require_json_accepted() -> None:
    """Raise a 406 when the caller accepts no type that this service writes."""
    accept = request.environ.get("HTTP_ACCEPT", "")
    if accept in ("", "*/*") or "application/json" in accept:
        return
    wanted = ("application/json", problems.MEDIA_TYPE, "text/plain")
    if not request.accept_mimetypes.best_match(wanted):
        raise problems.Problem(406, "not_acceptable", "This service writes application/json.")
