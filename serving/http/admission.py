"""Who may compute now: a few slots, a short queue before them, and an early, cheap no beyond that."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import request

from serving.http.exchange import current_exchange
from serving.http.problems import Problem


@dataclass(frozen=True)
class Deadline:
    """The moment after which nobody waits for an answer any more.

    Attributes:
        at: monotonic time.
        clock: the clock it is read from.
    """

    at: float
    clock: Callable[[], float] = field(default=time.perf_counter, repr=False)

    def left(self) -> float:
        """Return the seconds left; 0 when it has passed."""
        return max(0.0, self.at - self.clock())

    def require(self) -> None:
        """Raise a 504 when it has passed."""
        if not self.left():
            raise Problem(
                504,
                "deadline",
                "The time for this request ran out before its forecast was computed. Ask again later, for less at "
                "once, or with a longer X-Request-Timeout.",
            )


def request_deadline(most: float) -> Deadline:
    """Return the deadline of the current request: what its X-Request-Timeout asks for, `most` seconds otherwise.

    Raises:
        Problem: 400, the header cannot be read.
    """
    text = request.headers.get("X-Request-Timeout")
    seconds = most if text is None else parse_seconds(text)
    if seconds is None:
        detail = "X-Request-Timeout must be a positive number of seconds."
        raise Problem(400, "request_timeout_invalid", detail)
    return Deadline(current_exchange().started + min(seconds, most))


def parse_seconds(text: str) -> float | None:
    """Return a positive number of seconds; None where a text is none."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 and len(text) <= 32 else None


def retry_after() -> dict[str, str]:
    """Return a Retry-After header, jittered so that those turned away do not come back together."""
    return {"Retry-After": str(random.randint(1, 3))}  # noqa: S311  (no secret)


class Gate:
    """Bounds the requests that compute and those that wait to.

    Args:
        slots: requests inside at the same time.
        queue: requests that may wait.
        patience: longest wait in seconds.
    """

    def __init__(self, slots: int, queue: int, patience: float) -> None:
        self.slots = slots
        self.queue = queue
        self.patience = patience
        self._free = threading.BoundedSemaphore(slots)
        self._lock = threading.Lock()
        self._waiting = 0

    @contextmanager
    def enter(self, deadline: Deadline) -> Iterator[None]:
        """Hold a slot.

        Raises:
            Problem: 503 when slots and queue are full or the wait is too long, 504 when the deadline passes first.
        """
        deadline.require()
        if not self._free.acquire(blocking=False):
            self._wait(deadline)
        try:
            deadline.require()
            yield
        finally:
            self._free.release()

    def _wait(self, deadline: Deadline) -> None:
        with self._lock:
            if self._waiting >= self.queue:
                raise self._overloaded("All slots and the queue before them are taken.")
            self._waiting += 1
        try:
            entered = self._free.acquire(timeout=min(self.patience, deadline.left()))
        finally:
            with self._lock:
                self._waiting -= 1
        if not entered:
            deadline.require()
            raise self._overloaded("No slot became free in time.")

    def _overloaded(self, detail: str) -> Problem:
        return Problem(503, "overloaded", f"{detail} Ask again after Retry-After seconds.", headers=retry_after())
