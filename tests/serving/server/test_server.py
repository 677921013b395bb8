"""The service as a process: gunicorn, two workers, real sockets, slow clients, a stop that loses nothing."""

import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.places import ROOT
from tests.serving.conftest import loaded_app, payload, post, series

READ_SECONDS = 1.5
WORKERS = 2
GOOD = json.dumps(payload(series(24))).encode()
HEAD = b"POST /v1/forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def environment(folder, home, **changes):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORECAST_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "FORECAST_HOME": str(home),
        "FORECAST_MODEL": str(folder),
        "FORECAST_PORT": "0",
        "FORECAST_WORKERS": str(WORKERS),
        "FORECAST_READ_SECONDS": str(READ_SECONDS),
        "FORECAST_DRAIN_SECONDS": "0",
        "FORECAST_MAX_BODY_BYTES": "65536",
        "FORECAST_RELOAD_SECONDS": "3600",
        **{f"FORECAST_{name.upper()}": str(value) for name, value in changes.items()},
    }


class Server:
    """A running service and what it wrote."""

    def __init__(self, folder, root, **changes):
        self.folder = folder
        self.out, self.err = root / "out", root / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "serving"],
                env=environment(folder, root / "home", **changes),
                cwd=root,
                stdout=out,
                stderr=err,
            )
        self.port = int(self.wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)", self.err.read_text()))[1])

    def wait_for(self, check, seconds=90):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := check():
                return found
            assert self.process.poll() is None, self.err.read_text()
            time.sleep(0.05)
        pytest.fail(f"it did not happen in {seconds} s: {self.err.read_text()[-2000:]}")

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def request(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def forecast(self, body=GOOD, **headers):
        return self.request("POST", "/v1/forecast", body, Content_Type="application/json", **headers)

    def is_ready(self):
        """Whether every worker is: whoever answers a new connection is chance, so ask until each has."""
        loaded = self.err.read_text().count("serving " + str(self.folder))
        return loaded >= WORKERS and self.get("/readyz")[0] == 200

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def raw(self, data):
        """Send bytes as they are and return the status of the first answer; None when there is none."""
        with self.connect() as sock:
            sock.sendall(data)
            return status_of(sock)


def status_of(sock):
    """Read an answer to its end and return its status; None when the connection was closed without one."""
    received = b""
    try:
        while part := sock.recv(65536):
            received += part
            if b"\r\n\r\n" in received and b"onnection: close" not in received:
                break
    except ConnectionResetError:
        pass
    match = re.match(rb"HTTP/1\.[01] (\d{3})", received)
    return int(match[1]) if match else None


@contextmanager
def started(model, root, **changes):
    """Start a service of a copy of a model folder, with some settings changed; it may still be loading."""
    (root / "home").mkdir()
    running = Server(shutil.copytree(model, root / "traffic"), root, **changes)
    try:
        assert running.get("/healthz")[0] == 200
        yield running
        assert "Traceback" not in running.err.read_text()
        assert "SIGABRT" not in running.err.read_text()
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def server(model_folders, tmp_path_factory):
    """The service of all tests that neither stop nor change it."""
    with started(model_folders["hourly"], tmp_path_factory.mktemp("server")) as running:
        running.wait_for(running.is_ready)
        yield running


def test_it_is_alive_before_it_is_ready(server):
    first = json.loads(server.out.read_text().splitlines()[0])
    assert (first["route"], first["status"]) == ("/healthz", 200)


def test_the_bytes_are_those_of_the_application(server):
    status, body = server.forecast(X_Request_ID="same")
    assert status == 200
    client = loaded_app(server.folder).test_client()
    assert post(client, GOOD, headers={"X-Request-ID": "same"}).data == body


def test_nothing_is_written_outside_home(server):
    assert {path.name for path in server.out.parent.iterdir()} == {"home", "out", "err", "traffic"}


def chunks(body, size=100):
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"

RAW = {
    "good": (HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD, {200}),
    "chunked": (CHUNKED + chunks(GOOD), {200}),
    "length and chunks": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(GOOD), {400}),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", {400}),
    "negative length": (HEAD + b"Content-Length: -1\r\n\r\n", {400}),
    "length in words": (HEAD + b"Content-Length: abc\r\n\r\n", {400}),
    "a list of lengths": (HEAD + b"Content-Length: 7, 7\r\n\r\n{}", {400}),
    "announced above the limit": (HEAD + b"Content-Length: 65537\r\n\r\n", {413}),
    "chunks above the limit": (CHUNKED + chunks(b" " * 70_000, 5000), {413}),
    "bad chunk size": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", {400}),
    "chunk without end": (CHUNKED + b"2\r\n{}XX0\r\n\r\n", {400}),
    "no host": (GET + b"\r\n", {400}),
    "two hosts": (GET + b"Host: a\r\nHost: b\r\n\r\n", {400}),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50 + b"\r\n\r\n", {400}),
    "10 kB path": (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {400, 414}),
    "200 headers": (GET + b"Host: x\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n", {400, 431}),
    "20 kB header": (GET + b"Host: x\r\nX-A: " + b"x" * 20_000 + b"\r\n\r\n", {400, 431}),
    "NUL in a header": (GET + b"Host: x\r\nX-A: a\0b\r\n\r\n", {400}),
    "bare CR in a header": (GET + b"Host: x\r\nX-A: a\rb\r\n\r\n", {400}),
    "folded header": (GET + b"Host: x\r\nX-A: a\r\n b\r\n\r\n", {400}),
    "Expect: junk": (HEAD + b"Expect: junk\r\nContent-Length: 2\r\n\r\n{}", {417}),
    "TRACE": (b"TRACE /v1/forecast HTTP/1.1\r\nHost: x\r\n\r\n", {405}),
    "FOO": (b"FOO /v1/forecast HTTP/1.1\r\nHost: x\r\n\r\n", {400, 405}),
    "CONNECT": (b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404, 405}),
    "path above the root": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "encoded dots": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "NUL in the path": (b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "no UTF-8 in the path": (b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
}


@pytest.mark.parametrize(("data", "statuses"), RAW.values(), ids=RAW.keys())
def test_what_no_http_library_sends(server, data, statuses):
    assert server.raw(data) in statuses


def test_a_body_cut_off_frees_the_thread(server):
    for _ in range(5):
        with server.connect() as sock:
            sock.sendall(HEAD + b"Content-Length: 500\r\n\r\n{")
    assert server.forecast()[0] == 200


def test_a_connection_is_used_again(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.connect()
    sock = connection.sock
    for _ in range(5):
        connection.request("POST", "/v1/forecast", GOOD, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        assert connection.sock is sock
    connection.close()


def drip(sock, data):
    """Send a byte now and then, until there is an answer."""
    for byte in data:
        if select.select([sock], [], [], 0.1)[0]:
            return
        sock.sendall(bytes([byte]))


@pytest.mark.parametrize(
    ("data", "status"),
    [(HEAD, None), (HEAD + b"Content-Length: 500\r\n\r\n{", 408), (CHUNKED + b"5\r\n{", 408)],
    ids=["head", "body", "chunk"],
)
def test_a_request_that_never_ends_is_ended_at_the_deadline(server, data, status):
    started = time.monotonic()
    with server.connect() as sock:
        sock.sendall(data)
        assert status_of(sock) == status
    assert time.monotonic() - started > READ_SECONDS - 0.2  # never early; the socket's own limit is the other end


def test_a_byte_now_and_then_does_not_move_the_deadline(server):
    with server.connect() as sock:
        sock.sendall(HEAD + b"Content-Length: 500\r\n\r\n")
        drip(sock, b" " * 499)
        assert status_of(sock) == 408


def test_slow_and_idle_clients_keep_nobody_waiting(server):
    crowd = [server.connect() for _ in range(300)]
    try:
        for number, sock in enumerate(crowd):
            if number % 3:
                sock.sendall((HEAD, HEAD + b"Content-Length: 500\r\n\r\n{")[number % 2])
        for _ in range(5):  # each waits for an answer for a fraction of what the crowd would take one by one
            assert server.get("/healthz")[0] == 200
        time.sleep(READ_SECONDS)
        assert server.forecast()[0] == 200
    finally:
        for sock in crowd:
            sock.close()


def test_the_log_has_a_json_line_for_each_answer(server):
    answers = {
        "log-1": server.get("/healthz", X_Request_ID="log-1"),
        "log-2": server.get("/nowhere", X_Request_ID="log-2"),
        "log-3": server.request("TRACE", "/healthz", X_Request_ID="log-3"),
        "log-4": server.forecast(b"{", X_Request_ID="log-4"),
        "log-5": server.forecast(X_Request_ID="log-5"),
    }
    statuses = {name: status for name, (status, _) in answers.items()}
    assert [*statuses.values()] == [200, 404, 405, 400, 200]

    def logged():
        lines = [json.loads(line) for line in server.out.read_text().splitlines(keepends=True) if line.endswith("\n")]
        assert all({"id", "method", "route", "status", "ms", "time"} <= set(line) for line in lines)
        return {line["id"]: line["status"] for line in lines if line["id"] in answers}

    server.wait_for(lambda: logged() == statuses)


def test_the_other_log_has_a_line_for_what_happens_and_none_of_tensorflows(server):
    lines = server.err.read_text().splitlines()
    assert all(
        re.match(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[(INFO|WARNING)\] ", line) for line in lines
    )
    assert sum(f"loading {server.folder}" in line for line in lines) == WORKERS
    assert sum("loaded ff-ar, 6 steps of 'h'" in line and "on the CPU" in line for line in lines) == WORKERS


def test_a_reload_reaches_every_worker(model_folders, tmp_path):
    with started(model_folders["hourly"], tmp_path) as server:
        server.wait_for(server.is_ready)
        shutil.rmtree(server.folder)
        shutil.copytree(model_folders["steps"], server.folder)
        status, _ = server.request("POST", "/v1/admin/reload")
        assert status == 202
        server.wait_for(lambda: server.err.read_text().count(f"serving {server.folder}") == 2 * WORKERS)
        found = {json.loads(server.get("/v1/models")[1])["models"][0]["freq"] for _ in range(20)}
        assert found == {1}
        assert server.forecast(b'{"series": [{"start": 1, "y": [1]}]}')[0] == 200


def test_sigterm_is_announced_and_loses_nothing(model_folders, tmp_path):
    with started(model_folders["hourly"], tmp_path, drain_seconds=4, read_seconds=20) as server:
        server.wait_for(server.is_ready)
        with server.connect() as slow, server.connect() as idle:
            idle.sendall(GET + b"Host: x\r\n\r\n")
            assert status_of(idle) == 200
            slow.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD[:10])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            server.wait_for(lambda: server.get("/readyz")[0] == 503)
            assert server.forecast()[0] == 200
            slow.sendall(GOOD[10:])
            assert status_of(slow) == 200
            assert server.process.wait(timeout=100) == 0


def test_a_stop_while_models_are_loaded_is_a_clean_one(model_folders, tmp_path):
    with started(model_folders["hourly"], tmp_path) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=100) == 0


#: A process of gunicorn's on its way out, in a state that its argument names.
LEAVING = """
import atexit, sys, threading
from types import SimpleNamespace
from serving import gunicorn_conf
from serving.app import create_app
from serving.service import service_of

gunicorn_conf.configure_logging()
worker = SimpleNamespace()
if sys.argv[1] != "not booted":
    worker.wsgi = create_app(gunicorn_conf.settings)
if sys.argv[1] == "loading":
    refresher, begun = service_of(worker.wsgi).refresher, threading.Event()
    refresher.store.refresh = lambda: begun.set() or threading.Event().wait()
    refresher.ensure_started()
    begun.wait()
atexit.register(print, "cleaned up")
try:
    sys.exit(3)
finally:
    gunicorn_conf.worker_exit(None, worker)
"""


@pytest.mark.parametrize(
    ("state", "out", "said"),
    [("loading", "", True), ("idle", "cleaned up\n", False), ("not booted", "cleaned up\n", False)],
)
def test_a_process_ends_at_once_only_while_a_model_is_loaded(model_folders, tmp_path, state, out, said):
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, state],
        env=environment(model_folders["steps"], tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stdout) == (3, out), done.stderr
    assert ("stopped while a model was being loaded" in done.stderr) is said


def test_preloading_is_refused_in_words(model_folders, tmp_path):
    command = [sys.executable, "-m", "gunicorn", "--preload", "-c", "python:serving.gunicorn_conf"]
    done = subprocess.run(
        [*command, "serving.app:create_app()"],
        env=environment(model_folders["steps"], tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "preload" in done.stderr
    assert "Traceback" not in done.stderr
