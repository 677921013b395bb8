"""Small real models behind the application, loaded once for all tests of the service."""

import functools
import json
import logging

import numpy as np
import pytest

from forecasting.store.model_folder import verify
from serving.app import create_app
from serving.served.loader import load_model
from serving.service import EXTENSION
from serving.settings import Settings
from tests.conftest import BRIEF, make_frame


@pytest.fixture(scope="session")
def model_folders(tmp_path_factory):
    """Three model folders: hourly quantiles, daily points, integer steps."""
    from forecasting.config.training import Training
    from forecasting.forecaster import Forecaster

    root = tmp_path_factory.mktemp("models")
    quick = Training(**BRIEF)
    hourly = Forecaster("ff-ar", horizon=6, context_length=24, freq="h", units=8, training=quick)
    hourly.fit(make_frame()).save(root / "hourly")
    Forecaster("seasonal-naive", horizon=3, freq="D", season=7).fit(make_frame(freq="D", season=7)).save(root / "daily")
    Forecaster("naive", horizon=3, freq=1, season=1).fit(make_frame(freq=1)).save(root / "steps")
    return {name: root / name for name in ("hourly", "daily", "steps")}


def settings_for(*folders, **changes):
    """Return settings for model folders."""
    return Settings(models=tuple(map(str, folders)), **changes)


@functools.cache
def load_digest(folder, digest):
    """Load a model; equal digests are equal models."""
    return load_model(folder)


def load_once(folder):
    """Load a model folder, verified, unless a test has loaded the same files from there."""
    return load_digest(folder, verify(folder))


def loaded_app(*folders, **changes):
    """Return an application whose models are loaded and whose refresher never starts."""
    app = create_app(settings_for(*folders, **changes))
    service = app.extensions[EXTENSION]
    service.refresher.ensure_started = lambda: None
    service.store.load = load_once
    assert service.store.refresh(), service.store.snapshot.failures
    return app


@pytest.fixture(scope="session")
def app(model_folders):
    """The application with all three models; the hourly one is the default."""
    return loaded_app(*model_folders.values())


@pytest.fixture
def client(app):
    """A client of the application."""
    return app.test_client()


@pytest.fixture
def access_lines(caplog):
    """Return what the access log has said so far in a test, parsed."""
    caplog.set_level(logging.INFO, logger="serving.access")
    return lambda: [json.loads(record.getMessage()) for record in caplog.records if record.name == "serving.access"]


def hours(count, start="2026-01-01T00", zulu=True):
    """Return the texts of consecutive hours."""
    times = np.datetime64(start, "h") + np.arange(count)
    return [f"{time}:00:00{'Z' if zulu else ''}" for time in times]


def days(count, start="2026-01-01"):
    """Return the texts of consecutive days."""
    return [str(time) for time in np.datetime64(start, "D") + np.arange(count)]


def wave(count, seed=0):
    """Return a seasonal history."""
    rng = np.random.default_rng(seed)
    return (50 + 10 * np.sin(2 * np.pi * np.arange(count) / 24) + rng.normal(0, 1, count)).tolist()


def series(count=30, **changes):
    """Return one hourly series of a request; a change to None leaves the field out."""
    one = {"unique_id": "a", "ds": hours(count), "y": wave(count), **changes}
    return {name: value for name, value in one.items() if value is not None}


def payload(*many, **fields):
    """Return a forecast request."""
    return {"series": list(many) or [series()], **fields}


def post(client, body, **options):
    """Send a forecast request: JSON values or bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    options.setdefault("content_type", "application/json")
    return client.post("/v1/forecast", data=raw, **options)


def require_problem(response, status, code=None, pointer=None):
    """Check that an answer is a problem of the right shape, and return its body."""
    problem = json.loads(response.data, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert response.status_code == status, problem
    assert response.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(problem)
    assert problem["status"] == status
    assert problem["instance"] == response.headers["X-Request-ID"]
    assert "Traceback" not in response.text
    assert len(problem.get("errors", [])) <= 20
    if code is not None:
        assert problem["code"] == code, problem
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer, problem
    return problem
