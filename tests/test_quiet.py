"""What TensorFlow says on every start is left out; errors are not, and nothing is where that is asked for."""

import subprocess
import sys

import pytest

from forecasting import quiet

CHATTER = [
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
    b"I0000 00:00:1.1 1 port.cc:153] oneDNN custom operations are on. You may see slightly different numbers.\n",
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.\n",
]
NO_GPU = [
    b"I0000 00:00:1.1 1 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.\n",
    b"E0000 00:00:1.1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: UNKNOWN ERROR (303)\n",
]
NEWS = [
    b"W0000 00:00:1.1 1 gpu_device.cc:2342] Cannot dlopen some GPU libraries. Skipping registering GPU devices...\n",
    b"E0000 00:00:1.1 1 cuda_executor.cc:1] INTERNAL: CUDA Runtime error: Failed call to cudaGetRuntimeVersion\n",
    b"Traceback (most recent call last):\n",
    b"\n",
]

SAYING = """
import os, sys
from forecasting.quiet import silent_stderr
try:
    with silent_stderr():
        for line in sys.argv[1:]:
            os.write(2, os.fsencode(line))
        raise ValueError("it passes")
except ValueError as error:
    print(error)
print("after", file=sys.stderr)
"""


@pytest.mark.parametrize("gpu", [True, False])
def test_a_gpu_that_fails_is_told_from_none(monkeypatch, gpu):
    monkeypatch.setattr(quiet, "has_gpu", lambda: gpu)
    assert not [line for line in CHATTER if quiet.is_worth_reading(line)]
    assert [line for line in (*NO_GPU, *NEWS) if quiet.is_worth_reading(line)] == [*(NO_GPU if gpu else []), *NEWS]


@pytest.mark.parametrize(("hidden", "is_used"), [(None, True), ("0", True), ("-1", False), ("", False)])
def test_a_gpu_that_is_hidden_is_none(monkeypatch, hidden, is_used):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: True)  # as on a machine that has one
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert quiet.has_gpu() is is_used


def said(code, *arguments, debug=False):
    """Return what a process writes to stdout and stderr."""
    variables = {"PATH": "/usr/bin", "CUDA_VISIBLE_DEVICES": "-1", **({"FORECAST_DEBUG": "1"} if debug else {})}
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=variables, capture_output=True, check=True)
    return done.stdout, done.stderr


def test_what_is_worth_reading_is_written_and_exceptions_pass():
    lines = [CHATTER[0], NEWS[0], NO_GPU[0], NEWS[1]]
    assert said(SAYING, *map(bytes.decode, lines)) == (b"it passes\n", NEWS[0] + NEWS[1] + b"after\n")


def test_everything_is_written_where_that_is_asked_for():
    assert said(SAYING, *map(bytes.decode, CHATTER), debug=True) == (b"it passes\n", b"".join(CHATTER) + b"after\n")


def test_the_import_of_tensorflow_says_nothing_on_a_machine_without_a_gpu():
    code = "from forecasting.quiet import import_tensorflow; import_tensorflow()"
    assert said(code) == (b"", b"")
