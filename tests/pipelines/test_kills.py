"""A batch job that is killed at any moment, and started again, loses nothing and writes nothing twice."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from tests.conftest import make_frame

pytestmark = pytest.mark.soak

PARTS = 6
RUN = "from pipelines.cli import main; main()"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.parquet"
    series = [make_frame(series=1, rows=80, seed=seed).assign(unique_id=f"s{seed:02}") for seed in range(12)]
    pd.concat(series).to_parquet(path)
    return path


def contents(folder):
    """Return every file of a run that is not work in progress."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


def ended(arguments, out, rng):
    """Run a job; kill it and its workers once it has written some more files, and return whether it came to its end."""
    began, more = len(contents(out)), int(rng.integers(0, 4 * PARTS))
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and len(list(out.rglob("*.*"))) < began + more:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == 0


def test_a_job_killed_again_and_again_writes_what_one_left_alone_writes(forecast, data, model, tmp_path, soaking):
    rng = np.random.default_rng(4)
    kills, workers = (100, 2) if soaking else (1, 1)
    arguments = ["batch", data, "--model", model, "--parts", PARTS, "--workers", workers, "--out"]
    assert forecast(*arguments, tmp_path / "whole").code == 0
    wanted = contents(tmp_path / "whole")
    out = tmp_path / "out"
    while kills:
        if ended([*arguments, out], out, rng):
            assert contents(out) == wanted
            out = tmp_path / f"out-{kills}"
        else:
            kills -= 1
    assert forecast(*arguments, out).code == 0
    assert contents(out) == wanted
    assert forecast("batch-verify", out).code == 0
