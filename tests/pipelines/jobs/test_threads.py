"""How many threads an operation gets while a command trains, told in processes of their own: TensorFlow starts once."""

import os
import subprocess
import sys

import pytest

#: Watches a training on a machine of so many cores, and prints the threads of an operation.
WATCH = """
import os, sys
os.sched_getaffinity = lambda process: set(range(int(sys.argv[1])))
from pipelines.jobs.watch import watched
import tensorflow as tf
{before}
with watched("gru"):
    print(tf.config.threading.get_intra_op_parallelism_threads())
"""


@pytest.mark.parametrize(
    ("cores", "before", "threads"),
    [
        (2, "", 1),
        (1, "", 0),
        (8, "", 0),
        (2, "tf.config.threading.set_intra_op_parallelism_threads(4)", 4),
        (2, "os.environ['TF_NUM_INTRAOP_THREADS'] = '2'", 0),
        (2, "tf.constant(1) + 1", 0),
    ],
    ids=["two cores", "one core", "many cores", "chosen", "chosen outside", "computes already"],
)
def test_on_two_cores_an_operation_stays_in_one_thread_unless_somebody_has_chosen(cores, before, threads):
    code = WATCH.format(before=before)
    variables = {name: value for name, value in os.environ.items() if name != "TF_NUM_INTRAOP_THREADS"}
    ended = subprocess.run(
        [sys.executable, "-c", code, str(cores)], capture_output=True, text=True, check=False, env=variables
    )
    assert ended.stdout.split() == [str(threads)], ended.stderr
