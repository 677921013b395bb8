"""A real PostgreSQL server, started for the tests in a folder of its own and stopped after them."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from tests.pipelines.conftest import forecast

__all__ = ["forecast", "postgres"]

USER, PASSWORD = "forecaster", "s3cret"
#: Where Debian keeps the programs of a server, which are not on the path.
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        folder: of its programs.
        data: folder of its databases.
        port: where it listens, on this machine alone.
    """

    folder: Path
    data: Path
    port: int

    def url(self, database="postgres"):
        """Return the address of a database, with the password."""
        return URL.create("postgresql", USER, PASSWORD, "127.0.0.1", self.port, database).render_as_string(False)

    def create(self, database):
        """Make an empty database and return its address."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
        engine.dispose()
        return self.url(database)

    def control(self, *arguments):
        """Run `pg_ctl`."""
        as_server(self.folder / "pg_ctl", "-D", self.data, *arguments)

    def start(self):
        """Start the server and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.data.parent} -c fsync=off"
        self.control("start", "-w", "-l", self.data.parent / "log", "-o", options)

    def stop(self):
        """Stop the server, whoever is connected."""
        self.control("stop", "-w", "-m", "immediate")

    @contextmanager
    def stopped(self):
        """Have the server down for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()


def as_server(*command):
    """Run a program of the server as a user that may: it refuses root."""
    user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    subprocess.run([*user, *map(str, command)], cwd="/", check=True, capture_output=True, timeout=60)


def programs():
    """Return the folder of the server's programs, None where there are none."""
    on_path = shutil.which("pg_ctl")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "postgres").exists()), None)


def missing(what):
    """Skip in words; where everything is meant to be there, in CI, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def postgres():
    """The server; its folder is not pytest's, into which no other user may look."""
    folder = programs()
    if folder is None:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        missing("PostgreSQL does not run as root, and there is no runuser to run it as another user")
    with tempfile.TemporaryDirectory(prefix="forecast-postgres-") as home:
        password = Path(home) / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            for path in (home, password):
                shutil.chown(path, "postgres")
        server = Server(folder, Path(home) / "data", free_port())
        choices = ("-U", USER, "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-locale")
        as_server(folder / "initdb", "-D", server.data, "--no-sync", *choices)
        server.start()
        try:
            yield server
        finally:
            server.stop()
