"""The one folder for run-time files: the MLflow database, artifacts and caches."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def home() -> Path:
    """Return the folder named by FORECAST_HOME, `~/.forecast` by default; it is made, private to the user."""
    folder = Path(os.environ.get("FORECAST_HOME") or Path.home() / ".forecast").expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def store_path() -> Path:
    """Return where the embedded MLflow store is."""
    return home() / "mlflow.db"


def embedded_uri() -> str:
    """Return the address of the embedded MLflow store."""
    return f"sqlite:///{store_path()}"


def shared_address() -> str | None:
    """Return the address of the tracking store for others: without user, password and query.

    None where it is a file or a folder of this machine, which nobody else finds.
    """
    parts = urlsplit(tracking_uri())
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", "")) if host else None


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI where it is set, otherwise the embedded SQLite store in `home()`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or embedded_uri()
