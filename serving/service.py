"""What the routes of one application share: settings, models, the gate, and whether it is going down."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request

from serving.admission import Deadline, Gate
from serving.exchange import current_exchange, parse_timeout
from serving.loader import Loader, load_model
from serving.models import ModelStore
from serving.problems import Problem
from serving.settings import Settings
from serving.sources import sources_of

EXTENSION = "forecasting"


@dataclass(frozen=True)
class Service:
    """The parts of a running service.

    Attributes:
        settings: its bounds.
        store: its models.
        loader: what keeps them fresh.
        gate: who may compute now.
        draining: set when the process is about to stop.
    """

    settings: Settings
    store: ModelStore
    loader: Loader
    gate: Gate
    draining: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, settings: Settings) -> Service:
        """Return the service of some settings; nothing is loaded yet."""
        load = functools.partial(load_model, compute_threads=settings.compute_threads)
        store = ModelStore(sources_of(settings.models), load)
        loader = Loader(store, settings.reload_seconds)
        return cls(settings, store, loader, Gate(settings.slots, settings.queue, settings.queue_seconds))


def current_service() -> Service:
    """Return the service of the current request."""
    return current_app.extensions[EXTENSION]


def service_of(application: Any) -> Service | None:
    """Return the service of an application of ours; None for any other."""
    return application.extensions.get(EXTENSION) if isinstance(application, Flask) else None


def request_deadline(settings: Settings) -> Deadline:
    """Return the deadline of the current request.

    Raises:
        Problem: 400, its X-Request-Timeout cannot be read.
    """
    seconds = parse_timeout(request.headers.get("X-Request-Timeout"), settings.deadline_seconds)
    if seconds is None:
        text = "X-Request-Timeout must be a positive number of seconds."
        raise Problem(400, "request_timeout_invalid", text)
    return Deadline(current_exchange().started + seconds)
