"""What the mark `fast` promises: a test that traces no graph, so fits and loads no network, and starts no process."""

import functools
import subprocess
import sys
from collections import Counter
from multiprocessing.process import BaseProcess

import pytest

#: Graphs traced and processes started so far in this process.
slow_work = Counter()
#: Definitions of fixtures whose set-up did any of it, once for many tests perhaps.
slow_fixtures = set()


def count_calls(owner, name, what):
    """Count the calls of a function from now on."""
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def counting(*args, **kwargs):
        slow_work[what] += 1
        return inner(*args, **kwargs)

    setattr(owner, name, counting)


def pytest_collection_finish():
    """Begin to count; all test modules are imported by now, and TensorFlow with them."""
    count_calls(subprocess.Popen, "__init__", "processes")
    count_calls(BaseProcess, "start", "processes")
    if "tensorflow" in sys.modules:
        from tensorflow.python.framework import func_graph

        count_calls(func_graph, "func_graph_from_py_func", "graphs")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    before = slow_work.total()
    value = yield
    if slow_work.total() > before:
        slow_fixtures.add(fixturedef)
    return value


@pytest.fixture(autouse=True)
def fast_as_promised(request):
    """Fail where a test is marked `fast` and is not."""
    before = slow_work.copy()
    yield
    if request.node.get_closest_marker("fast"):
        definitions = request.node._fixtureinfo.name2fixturedefs  # names alone are those of other files as well
        used = sorted(name for name, those in definitions.items() if slow_fixtures.intersection(those))
        assert not used, f"a fast test must not use {used}, which trace graphs or start processes"
        assert slow_work == before, f"a fast test must not do this: {slow_work - before}"
