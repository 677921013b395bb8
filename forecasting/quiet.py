"""Keeps what TensorFlow always says when it starts off the terminal and out of logs, and lets through all else."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Set to see every line.
DEBUG = "FORECAST_DEBUG"

#: Lines that TensorFlow's C++ parts write on every start, before they can be told not to, and that nobody can act on.
CHATTER = re.compile(
    rb"All log messages before absl::InitializeLog"
    rb"|oneDNN custom operations are on"
    rb"|This TensorFlow binary is optimized"
    rb"|To enable the following instructions"
    rb"|Unable to register cu(DNN|FFT|BLAS) factory"
    rb"|computation placer already registered"
)

#: Lines that say in other words that there is no GPU.
NO_GPU = re.compile(rb"Could not find cuda drivers on your machine|failed call to cuInit")


def import_tensorflow() -> None:
    """Import TensorFlow and find its devices; of what is written meanwhile, only what says something is shown."""
    with silent_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices()
    if not os.environ.get(DEBUG):
        # every model is a graph of its own, which TensorFlow takes for needless retracing
        tf.get_logger().setLevel("ERROR")


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, then write what is worth reading; exceptions pass as ever.

    Everything is written at once where FORECAST_DEBUG is set, or where there is no place to hold it.
    """
    if os.environ.get(DEBUG):
        yield
        return
    try:
        kept, held = os.dup(2), tempfile.TemporaryFile()  # noqa: SIM115  (closed below, after stderr is put back)
    except OSError:  # stderr is closed, or no folder can be written to
        yield
        return
    os.dup2(held.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        with held:
            held.seek(0)
            for line in held:
                if is_worth_reading(line):
                    os.write(2, line)


def is_worth_reading(line: bytes) -> bool:
    """Whether a line of stderr says what somebody can act on: a GPU that fails is, a machine without one is not."""
    return not CHATTER.search(line) and (has_gpu() or not NO_GPU.search(line))


def has_gpu() -> bool:
    """Whether this machine has a GPU of NVIDIA's, and is to use it."""
    is_hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not is_hidden and (any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists())
