"""A gunicorn worker of threads that no slow client can hold, and whose stop is announced first."""

from __future__ import annotations

import threading
from typing import Any

from gunicorn.workers import gthread

from serving.server.connections import DEFAULT_SECONDS, DeadlineConnection
from serving.service import service_of


class DeadlineWorker(gthread.ThreadWorker):
    """Threads, with a deadline on every read and write, and /readyz saying 503 before the door closes."""

    def load_wsgi(self) -> None:
        """Load the application, and take from its settings how long a request may take to arrive."""
        super().load_wsgi()
        service = service_of(self.wsgi)
        self.read_seconds = service.settings.read_seconds if service else DEFAULT_SECONDS

    def handle(self, conn: DeadlineConnection) -> Any:
        """Handle a request; its time to arrive starts now."""
        conn.sock.arm(self.read_seconds)
        return super().handle(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On SIGTERM: have the main loop drain; here, in a signal handler, any lock may already be held."""
        self.method_queue.defer(self.drain)

    def drain(self) -> None:
        """Announce the stop, and go on answering until those who send requests have noticed; asked twice, stop."""
        service = service_of(self.wsgi)
        if service is None or service.draining.is_set():
            self.stop()
            return
        service.draining.set()
        timer = threading.Timer(service.settings.drain_seconds, self.method_queue.defer, [self.stop])
        timer.daemon = True
        timer.start()

    def stop(self) -> None:
        """Take no more connections, close the idle ones, let the others finish."""
        self.alive = False
        for conn in self.keepalived_conns:
            conn.timeout = 0.0
        for conn in self.pending_conns:
            conn.timeout = 0.0


# The worker makes its connections by this name.
gthread.TConn = DeadlineConnection
