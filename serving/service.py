"""What the routes of one application share: settings, models, the gate, and whether it is going down."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app

from serving.http.admission import Deadline, Gate, request_deadline
from serving.http.body import read_body, require_type
from serving.http.exchange import current_exchange
from serving.served.loader import load_model
from serving.served.refresher import Refresher
from serving.served.sources import sources_of
from serving.served.store import ModelStore
from serving.settings import Settings

EXTENSION = "forecasting"


@dataclass(frozen=True)
class Admitted:
    """A request that holds a slot.

    Attributes:
        media_type: of its body.
        body: its bytes.
        deadline: the moment after which nobody waits for the answer.
    """

    media_type: str
    body: bytes
    deadline: Deadline


@dataclass(frozen=True)
class Service:
    """The parts of a running service.

    Attributes:
        settings: its bounds.
        store: its models.
        refresher: what keeps them fresh.
        gate: who may compute now.
        draining: set when the process is about to stop.
    """

    settings: Settings
    store: ModelStore
    refresher: Refresher
    gate: Gate
    draining: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, settings: Settings) -> Service:
        """Return the service of some settings; nothing is loaded yet."""
        load = functools.partial(load_model, compute_threads=settings.compute_threads)
        store = ModelStore(sources_of(settings.models), load)
        refresher = Refresher(store, settings.reload_seconds)
        return cls(settings, store, refresher, Gate(settings.slots, settings.queue, settings.queue_seconds))

    @contextmanager
    def admit(self, *media_types: str) -> Iterator[Admitted]:
        """Read the body of the current request, and hold a slot while it is answered.

        Raises:
            Problem: 400, 408, 413 or 415 about header and body; 503 or 504 when there is no slot in time.
        """
        exchange = current_exchange()
        media_type = require_type(*media_types)
        deadline = request_deadline(self.settings.deadline_seconds)
        body = read_body(self.settings.max_body_bytes)
        exchange.mark("receive")
        with self.gate.enter(deadline):
            exchange.mark("queue")
            yield Admitted(media_type, body, deadline)


def current_service() -> Service:
    """Return the service of the current request."""
    return current_app.extensions[EXTENSION]


def service_of(application: Any) -> Service | None:
    """Return the service of an application of ours; None for any other."""
    return application.extensions.get(EXTENSION) if isinstance(application, Flask) else None
