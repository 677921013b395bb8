"""A gunicorn worker that no slow client can hold: bounded reading and writing, and a stop that is announced first."""

from __future__ import annotations

import errno
import socket
import threading
import time
from typing import Any

from gunicorn.workers import gthread

from serving.http.body import ReadDeadline
from serving.service import service_of

#: How long a thread waits for the first byte of a new connection before the poller waits in its place.
FIRST_BYTE_SECONDS = 0.02

#: Time for a request where the application is none of ours and names none.
DEFAULT_SECONDS = 10.0


class DeadlineSocket:
    """A socket whose whole request must arrive in time, and whose answer must be taken in time.

    A time-out per `recv` does not do: a client that sends a byte a second never meets it.

    Args:
        sock: the socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.arm(DEFAULT_SECONDS)

    def arm(self, seconds: float) -> None:
        """Start the time of the next request: for all reads together, and for each write."""
        self._seconds = seconds
        self._read_until = time.monotonic() + seconds

    def recv(self, size: int, *flags: int) -> bytes:
        """Receive what is there, waiting no longer than the request has left."""
        left = self._read_until - time.monotonic()
        if left <= 0:
            raise ReadDeadline(errno.ECONNRESET, "the request did not arrive in time")
        self._sock.settimeout(left)
        try:
            return self._sock.recv(size, *flags)
        except TimeoutError as error:
            raise ReadDeadline(errno.ECONNRESET, "the request did not arrive in time") from error

    def sendall(self, data: bytes, *flags: int) -> None:
        """Send all of `data`, giving up on a client that does not take it."""
        self._sock.settimeout(self._seconds)
        try:
            self._sock.sendall(data, *flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the answer was not taken in time") from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class DeadlineConnection(gthread.TConn):
    """A connection that reads and writes through a `DeadlineSocket`."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, DeadlineSocket(sock), client, server)

    def wait_for_data(self, timeout: float) -> bool:
        """Wait for the first byte, briefly: idle connections are for the poller, which needs no thread for each."""
        return super().wait_for_data(min(timeout, FIRST_BYTE_SECONDS))


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
