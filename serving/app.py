"""The application: `create_app(settings)` puts routes, checks, headers and errors around one service."""

from __future__ import annotations

from flask import Flask, Response, request

from serving.http.exchange import current_exchange, start_exchange, write_access_log
from serving.http.media import JSON, PROBLEM
from serving.http.problems import Problem, answer_errors
from serving.routes import ROUTES
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
    answer_errors(app)
    app.before_request(before_route)
    app.after_request(after_route)
    for name in ROUTES.names():
        app.register_blueprint(ROUTES.load(name).blueprint)
    return app


def before_route() -> None:
    """Start the exchange of a request, and refuse what no route should see."""
    start_exchange()
    service = current_service()
    service.refresher.ensure_started()
    require_host(service.settings.allowed_hosts)
    require_json_accepted()


def after_route(response: Response) -> Response:
    """Put the headers that every answer carries, and write the access log."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = current_exchange().request_id
    write_access_log(response.status_code, response.content_length)
    return response


def require_host(allowed: tuple[str, ...]) -> None:
    """Raise a 400 when HTTP/1.1 comes without a Host, with two, or with one that is not allowed."""
    host = request.environ.get("HTTP_HOST", "")
    if not host and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        raise Problem(400, "host_missing", "HTTP/1.1 requires a Host header.")
    if "," in host:
        raise Problem(400, "host_invalid", "There must be one Host header.")
    if allowed and host.rsplit(":", 1)[0].lower() not in allowed:
        raise Problem(400, "host_not_allowed", "This service does not answer under this host name.")


def require_json_accepted() -> None:
    """Raise a 406 when the caller accepts no type that this service writes."""
    accept = request.environ.get("HTTP_ACCEPT", "")
    if accept in ("", "*/*") or JSON in accept:
        return
    wanted = (JSON, PROBLEM, "text/plain")
    if not request.accept_mimetypes.best_match(wanted):
        raise Problem(406, "not_acceptable", "This service writes application/json.")
