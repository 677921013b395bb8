"""Workers of a batch: they tell their parent's end and its errors from their own."""

import subprocess
import sys

from tests.places import ROOT

#: A parent with one worker that is at work for longer than any test.
PARENT = """
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor
from pipelines.batch.job import begin_worker

pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=begin_worker)
print(pool.submit(abs, -5).result(), flush=True)
pool.submit(time.sleep, 3600)
time.sleep(3600)
"""


def test_a_worker_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert parent.stdout.readline() == "5\n"
    finally:
        parent.kill()
    rest, _ = parent.communicate(timeout=120)  # the worker has the pipe too: it ends when both have
    assert rest == ""
