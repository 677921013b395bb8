"""The service as a process of its own: started by name, waited for, asked, stopped. It is never imported here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipelines.terminal.exits import INPUT_PROBLEM, JobError, try_again

#: What starts the service; the same process then becomes gunicorn.
COMMAND = (sys.executable, "-m", "serving")

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

#: Longest wait for the service to have its models loaded and warm.
READY_SECONDS = 120.0
STOP_SECONDS = 30.0


def environment(models: Sequence[str], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of the service: this one, with the models and the settings that were chosen.

    Args:
        models: references or folders; those of the environment when empty.
        settings: values by the name of the setting; None leaves what the environment says.
    """
    variables = {name: value for name, value in os.environ.items() if not (models and name == "FORECAST_MODEL")}
    if models:
        variables["FORECAST_MODELS"] = ",".join(models)
    chosen = {f"FORECAST_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
    return {**variables, **chosen, "PYTHONSAFEPATH": "1"}


def free_port(host: str, preferred: int) -> int:
    """Return the preferred port where it is free, another free one otherwise."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise try_again(f"No port of {host} is free.")


@dataclass(frozen=True)
class ServiceProcess:
    """A running service.

    Attributes:
        process: gunicorn.
        url: its address.
        log: file with what it says.
    """

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def wait_until_ready(self) -> None:
        """Wait until every model is loaded and warm.

        Raises:
            JobError: the service stopped, or did not get ready in time.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise JobError(
                    f"The service stopped. The end of {self.log}:\n{tail(self.log)}", exit_code=INPUT_PROBLEM
                )
            try:
                self.ask("/readyz")
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        raise try_again(f"The service is not ready after {READY_SECONDS:g} s. The end of {self.log}:\n{tail(self.log)}")

    def ask(self, path: str, body: Any = None) -> Any:
        """Return the JSON answer of a GET, or of a POST where there is a body.

        Raises:
            urllib.error.URLError: the service does not answer, or refuses.
        """
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310  (the address is ours)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """Stop the service; what it is answering is finished first."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(models: Sequence[str], port: int, log: Path) -> Iterator[ServiceProcess]:
    """Run the service for a while; nobody else sends requests who would have to notice first that it stops.

    Args:
        models: what it serves.
        port: a free port of this machine.
        log: file for what it says.
    """
    variables = environment(models, {"host": DEFAULT_HOST, "port": port, "drain_seconds": 0})
    with log.open("wb") as output:
        service = ServiceProcess(started(variables, output), f"http://{DEFAULT_HOST}:{port}", log)
        try:
            yield service
        finally:
            service.stop()


def started(variables: dict[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the process, in a session of its own so that Ctrl-C reaches us first."""
    return subprocess.Popen(  # noqa: S603
        COMMAND, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
