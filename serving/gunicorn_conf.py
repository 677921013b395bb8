"""How gunicorn runs the service: `gunicorn -c python:serving.gunicorn_conf "serving.app:create_app()"`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from serving.service import service_of
from serving.settings import Settings

logger = logging.getLogger("serving")

settings = Settings().require_models()

bind = f"{settings.host}:{settings.port}"
workers = settings.workers
worker_class = "serving.server.worker.DeadlineWorker"
threads = settings.threads
worker_connections = max(1000, 2 * settings.threads)
backlog = 512

# A worker that hangs as a whole is killed; a request has its own deadline.
timeout = 60
graceful_timeout = int(settings.drain_seconds) + settings.grace_seconds
keepalive = settings.keepalive_seconds
max_requests = 0

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = "127.0.0.1"

control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (gunicorn's heartbeat needs memory)
accesslog = None
loglevel = "info"

#: What TensorFlow and MLflow read when they are imported; whoever sets one of them decides.
ENVIRONMENT = {
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def on_starting(server: Any) -> None:
    """Refuse to start with the application preloaded: a forked TensorFlow hangs for ever."""
    if server.cfg.preload_app:
        raise SystemExit("Start without --preload (preload_app): TensorFlow does not survive a fork.")


def post_fork(server: Any, worker: Any) -> None:
    """Prepare a new process: what its libraries read, where it logs."""
    if "tensorflow" in sys.modules:
        raise SystemExit("TensorFlow was imported before the fork and would hang. Start without --preload.")
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    configure_logging()


def post_worker_init(worker: Any) -> None:
    """Load the models of a new process, in the background: it answers health checks meanwhile."""
    service = service_of(worker.wsgi)
    if service is not None:
        service.refresher.ensure_started()


def worker_exit(server: Any, worker: Any) -> None:
    """End a process at once whose models are still being loaded; requests are answered by now.

    Python's own way out stops a thread inside TensorFlow by unwinding frames of C++ that cannot be unwound, and the
    process aborts.
    """
    service = service_of(getattr(worker, "wsgi", None))
    if service is None or service.refresher.stop():
        return
    logger.info("stopped while a model was being loaded")
    logging.shutdown()
    os._exit(getattr(sys.exc_info()[1], "code", None) or 0)  # gunicorn ends a process by SystemExit


def configure_logging() -> None:
    """Send the access log to stdout, a JSON object per line, and everything else of ours to stderr.

    What the library warns of is rows of a request, which the answer says and no log should.
    """
    logging.raiseExceptions = False  # a closed pipe must not take a request down
    access = logging.StreamHandler(sys.stdout)
    access.setFormatter(logging.Formatter("%(message)s"))
    rest = logging.StreamHandler(sys.stderr)
    form = "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s"
    rest.setFormatter(logging.Formatter(form, "%Y-%m-%d %H:%M:%S %z"))  # as gunicorn writes its own
    parts = (("serving.access", access, logging.INFO), ("serving", rest, logging.INFO))
    for name, handler, level in (*parts, ("forecasting", rest, logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
