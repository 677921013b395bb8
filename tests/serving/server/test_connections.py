"""A request has so long to arrive, whatever its client does; what has arrived is read, whatever the process does."""

import socket
import time

import pytest

from serving.http.body import ReadDeadline
from serving.server.connections import DeadlineSocket


@pytest.fixture
def ends():
    """The client's end of a connection, and the server's."""
    client, server = socket.socketpair()
    with client, server:
        yield client, DeadlineSocket(server)


def test_what_arrived_in_time_is_read_by_a_process_that_stood_still(ends):
    client, server = ends
    server.arm(0.05)
    client.sendall(b"a request")
    time.sleep(0.1)
    assert server.recv(4) == b"a re"
    assert server.recv(100) == b"quest"
    with pytest.raises(ReadDeadline):
        server.recv(100)


def test_nothing_that_comes_is_the_clients_delay(ends):
    _, server = ends
    server.arm(0.05)
    started = time.monotonic()
    with pytest.raises(ReadDeadline):
        server.recv(100)
    assert time.monotonic() - started >= 0.05


def test_each_request_has_its_own_time(ends):
    client, server = ends
    server.arm(0.0)
    with pytest.raises(ReadDeadline):
        server.recv(1)
    server.arm(60)
    client.sendall(b"x")
    assert server.recv(1) == b"x"


def test_an_answer_that_nobody_takes_is_given_up(ends):
    _, server = ends
    server.arm(0.05)
    with pytest.raises(ConnectionResetError, match="not taken in time"):
        server.sendall(b"x" * 50_000_000)
