"""Keeps what TensorFlow prints while it is imported off the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow and find its devices, without the lines that its C++ parts write before they can be told."""
    with silent_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices()
    if not os.environ.get("FORECAST_DEBUG"):
        # every model is a graph of its own, which TensorFlow takes for needless retracing
        tf.get_logger().setLevel("ERROR")


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere for a while, unless FORECAST_DEBUG is set; exceptions pass as ever."""
    if os.environ.get("FORECAST_DEBUG"):
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # stderr is closed: there is nothing to keep quiet
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
