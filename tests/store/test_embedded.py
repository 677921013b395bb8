"""MLflow's store in the home folder, when the processes that make it are killed, or are several."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from forecasting.errors import RegistryError
from forecasting.store import embedded, registry
from tests.places import ROOT

#: Asks the registry for its models, and kills itself in the middle of a migration, where `DIE` is set.
CHILD = """
import os, signal
from sqlalchemy import event
from sqlalchemy.engine import Engine

@event.listens_for(Engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "DIE" in os.environ and "INSERT INTO _alembic_tmp_" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

from forecasting import registry
registry.model_names()
registry.client().create_experiment(f"made by {os.getpid()}")
"""


def child(home, **environment):
    """Start a process that uses the store of a home folder."""
    root = str(ROOT)
    environment = {**os.environ, "FORECAST_HOME": str(home), "PYTHONPATH": root, **environment}
    return subprocess.Popen([sys.executable, "-c", CHILD], env=environment, stderr=subprocess.PIPE, text=True)


def test_a_process_killed_while_it_makes_the_store_leaves_none_and_two_at_once_make_one(tmp_path, monkeypatch):
    killed, path = child(tmp_path, DIE="1"), tmp_path / "mlflow.db"
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == [embedded.UNFINISHED]  # it was in the middle
    shutil.copy(tmp_path / embedded.UNFINISHED, path)  # what MLflow by itself would have left
    both = [child(tmp_path), child(tmp_path)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    with closing(sqlite3.connect(path)) as store:
        made = {name for (name,) in store.execute("SELECT name FROM experiments")}
    assert made == {"Default", *(f"made by {process.pid}" for process in both)}
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path))
    whole = path.read_bytes()
    embedded.make_ready()
    assert path.read_bytes() == whole


def test_a_damaged_store_is_nobody_s_to_throw_away(tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path))
    (tmp_path / "mlflow.db").write_bytes(b"no database at all")
    embedded.make_ready()
    assert (tmp_path / "mlflow.db").read_bytes() == b"no database at all"


def test_a_store_of_the_user_s_is_not_made_here(tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'theirs.db'}")
    embedded.make_ready()
    assert list(tmp_path.glob("*.db")) + list((tmp_path / "home").glob("*")) == []


def test_a_folder_that_takes_no_store_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path))
    (tmp_path / embedded.UNFINISHED).mkdir()
    with pytest.raises(RegistryError, match=r"cannot be made.*FORECAST_HOME") as raised:
        registry.model_names()
    assert raised.value.code == "registry_unavailable"
