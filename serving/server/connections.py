"""Connections that no slow client can hold: a request must arrive in time, and its answer must be taken in time."""

from __future__ import annotations

import errno
import socket
import time
from typing import Any

from gunicorn.workers import gthread

from serving.http.body import ReadDeadline

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
        """Receive what is there, waiting no longer than the request has left.

        What has arrived is received however late it is: a process that stood still, as while it loads a model, must
        not blame its clients.
        """
        self._sock.settimeout(max(0.0, self._read_until - time.monotonic()))
        try:
            return self._sock.recv(size, *flags)
        except (TimeoutError, BlockingIOError) as error:
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
