"""Sinks: a file is whole or it is the old one."""

import errno
import os

import pandas as pd
import pytest

from pipelines.files import sinks
from pipelines.terminal.exits import JobError, exit_code

pytestmark = pytest.mark.fast


@pytest.fixture
def frame():
    ids = ["=cmd()", "+1", "-1", "@x", "\tx", "plain", "ünï"]
    return pd.DataFrame({"unique_id": ids, "ds": pd.date_range("2024-01-01", periods=7, freq="h"), "y": range(7)})


def test_frames_come_back(tmp_path, frame):
    sinks.write_frame(tmp_path / "deep" / "a.parquet", frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "deep" / "a.parquet"), frame, check_dtype=False)
    assert os.listdir(tmp_path / "deep") == ["a.parquet"]


def test_csv_neutralises_formulas_in_ids(tmp_path, frame):
    sinks.write_frame(tmp_path / "a.csv", frame)
    found = pd.read_csv(tmp_path / "a.csv")
    assert found["unique_id"].tolist() == ["'=cmd()", "'+1", "'-1", "'@x", "'\tx", "plain", "ünï"]
    assert found["ds"].iloc[1] == "2024-01-01T01:00:00"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, frame):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail(part):
        part.write_text("half")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        sinks.write_atomic(path, fail)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_a_full_disk_is_worth_another_try_and_says_where(tmp_path, number):
    def fail(part):
        part.write_text("half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(JobError, match=r"a\.csv.*About 42 bytes") as caught:
        sinks.write_atomic(tmp_path / "a.csv", fail, 42)
    assert exit_code(caught.value) == 5
    assert os.listdir(tmp_path) == []


def test_what_killed_processes_left_is_swept(tmp_path):
    (tmp_path / "part=0").mkdir()
    (tmp_path / "part=0" / f"{sinks.TEMPORARY}123-data.parquet").write_text("half")
    (tmp_path / "part=0" / "data.parquet").write_text("whole")
    sinks.sweep(tmp_path)
    assert os.listdir(tmp_path / "part=0") == ["data.parquet"]
