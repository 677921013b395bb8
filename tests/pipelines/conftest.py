"""A runner of commands in this process, and small files of every kind that DATA can be."""

import json
import os
import sqlite3
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from tests.conftest import QUICK, make_frame

#: Options that make a training a matter of seconds.
QUICKLY = [part for name, value in QUICK.items() for part in ("--set", f"training.{name}={value}")]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def run_command(*arguments):
    """Run `forecast ARGUMENTS` and return how it ended."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def forecast():
    """Run `forecast ARGUMENTS` and return how it ended."""
    os.environ.pop("FORECAST_DEBUG", None)
    yield run_command
    os.environ.pop("FORECAST_DEBUG", None)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder with one small hourly panel as CSV, Parquet, a folder of Parquet and an SQLite database."""
    folder = tmp_path_factory.mktemp("files")
    frame = make_frame(series=2, rows=150)
    frame.to_csv(folder / "hourly.csv", index=False)
    frame.to_parquet(folder / "hourly.parquet")
    (folder / "many").mkdir()
    for name, part in frame.groupby("unique_id"):
        part.to_parquet(folder / "many" / f"{name}.parquet")
    with sqlite3.connect(folder / "hourly.db") as connection:
        frame.to_sql("hourly", connection, index=False)
    connection.close()
    return folder


@pytest.fixture(scope="session")
def model(trained, tmp_path_factory):
    """The folder of a small GRU for 12 hours, with quantiles."""
    return trained.save(tmp_path_factory.mktemp("models") / "gru")
