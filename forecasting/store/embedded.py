"""The SQLite store of the home folder: whole from the moment it is there, whoever is killed while it is made."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from forecasting.errors import RegistryError
from forecasting.store.folders import sync_file, sync_folder
from forecasting.store.home import embedded_uri, store_path, tracking_uri

#: Name of the store while it is made; whoever holds the lock of the folder owns it.
UNFINISHED = ".mlflow.db.unfinished"


def make_ready() -> None:
    """Make the embedded store where it is used and not there yet; a store of the user's is MLflow's own matter.

    MLflow makes its tables by dozens of migrations that do not undo themselves: a process that is killed between two of
    them leaves a file that no later one can open. So they run on a file beside, which gets its name when it is whole.

    Raises:
        RegistryError: the home folder does not take it.
    """
    path = store_path()
    if tracking_uri() != embedded_uri() or is_whole(path):
        return
    try:
        with locked(path.parent):
            if not is_whole(path):  # another process may have made it in the meantime
                make(path)
    except OSError as error:
        text = f"The MLflow store {path} cannot be made: {error}. Fix: make the folder writable, or set FORECAST_HOME."
        raise RegistryError(text, code="registry_unavailable") from error


def is_whole(path: Path) -> bool:
    """Whether there is a store that was finished: its last step is the experiment that every store begins with.

    A file without it was left half made, holds nothing, and may be replaced.
    """
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path)) as store:
            tables = store.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'experiments'")
            return bool(tables.fetchone()) and bool(store.execute("SELECT 1 FROM experiments").fetchone())
    except sqlite3.Error:
        return True  # locked or damaged: MLflow says what is wrong, and nothing is replaced


def make(path: Path) -> None:
    """Run all migrations on a file beside, and rename it."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    part = path.parent / UNFINISHED
    for left in path.parent.glob(f"{UNFINISHED}*"):  # of a process that was killed, with its journal
        left.unlink()
    with without_waiting(part):
        made = SqlAlchemyStore(f"sqlite:///{part}", (path.parent / "artifacts").as_uri())
    made.engine.dispose()
    sync_file(part)
    os.replace(part, path)
    sync_folder(path.parent)


@contextmanager
def without_waiting(path: Path) -> Iterator[None]:
    """Have connections to an SQLite file that are opened meanwhile not wait for the disk.

    Each of the migrations waits for it several times: nine tenths of the time. A file without its name is worth nothing
    after a crash, so it is enough to wait once, before it gets its name.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection: Any, record: Any) -> None:
        if isinstance(connection, sqlite3.Connection) and opened_by(connection) == path:
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", hurry)
    try:
        yield
    finally:
        event.remove(Engine, "connect", hurry)


def opened_by(connection: sqlite3.Connection) -> Path:
    """Return the file that a connection has opened."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; it is gone with the process that holds it, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
