"""One request and its answer: its id, what is known of it, and the one line about it in the access log."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import g, request

access_log = logging.getLogger("serving.access")

#: Anything else in that place is the caller's text, and does not belong into a log.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass
class Exchange:
    """What is known about the request in hand. Holds sizes and times, never values.

    Attributes:
        request_id: the caller's, where it is a tame one, otherwise ours.
        started: monotonic time at which the request was read.
        code: code of the problem it was answered with; "" for a success.
        sizes: what the access log tells about the request: model, series, rows, horizon ...
        marks: monotonic times at which its parts ended, in order.
    """

    request_id: str
    started: float
    code: str = ""
    sizes: dict[str, Any] = field(default_factory=dict)
    marks: list[tuple[str, float]] = field(default_factory=list)

    def mark(self, part: str) -> None:
        """Note that a part of the work ends now."""
        self.marks.append((part, time.perf_counter()))

    def milliseconds(self) -> dict[str, float]:
        """Return the time each part took."""
        before, spent = self.started, {}
        for part, now in self.marks:
            spent[part] = round(1000 * (now - before), 3)
            before = now
        return spent

    def elapsed(self) -> float:
        """Return the seconds since the request was read."""
        return time.perf_counter() - self.started


def start_exchange() -> None:
    """Start the exchange of the current request."""
    asked = request.headers.get("X-Request-ID", "")
    request_id = asked if REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
    g.exchange = Exchange(request_id, time.perf_counter())


def current_exchange() -> Exchange:
    """Return the exchange of the current request."""
    if "exchange" not in g:  # an error before the first hook
        start_exchange()
    return g.exchange


def write_access_log(status: int, length: int | None) -> None:
    """Write the line of the current request to the access log."""
    exchange = current_exchange()
    rule = request.url_rule
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "id": exchange.request_id,
        "method": request.method if request.method in METHODS else "?",
        "route": rule.rule if rule else "?",
        "status": status,
        "code": exchange.code or None,
        "bytes_in": request.content_length,
        "bytes_out": length,
        "ms": round(1000 * exchange.elapsed(), 3),
        **exchange.sizes,
        "parts_ms": exchange.milliseconds() or None,
    }
    access_log.info("%s", json.dumps({name: value for name, value in line.items() if value is not None}))
