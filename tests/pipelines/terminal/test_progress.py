"""Progress: in a log one line at the end of a piece of work, and one a minute; on a terminal a bar."""

import os
import pty
import re
import subprocess
import sys

import pytest

from pipelines.terminal import progress

#: Work on the terminal: what the library does with it is rich's matter.
BAR = """
from pipelines.terminal.progress import progress
with progress("gru") as work:
    work.advance(3, 10, "loss 0.5")
    work.result = "mase 0.42"
"""


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_work_in_a_log_is_one_line_with_what_was_reached(capsys, clock):
    with progress.progress("gru") as work:
        work.advance(100, 1200, "loss 0.9")
        clock[0] += 59
        work.advance(1200, 1200, "loss 0.1")
        work.result = "mase 0.42, loss 0.1"
    assert capsys.readouterr().err == "gru: mase 0.42, loss 0.1, 59.0 s\n"


def test_long_work_shows_life_once_a_minute(capsys, clock):
    with progress.progress("forecasting", 500) as work:
        for part in range(1, 500):
            clock[0] += 1
            work.advance(part, 500, f"{part} of 500 parts")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 9
    assert lines[0] == "forecasting: 60 of 500, 60 of 500 parts"
    assert lines[-1] == "forecasting: 499 of 500 parts, 499.0 s"


def test_work_that_fails_says_no_end(capsys, clock):
    with pytest.raises(ValueError, match="diverged"), progress.progress("gru"):
        raise ValueError("diverged")
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar():
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", BAR], stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        assert process.wait() == 0
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert "━" in text
    assert "mase 0.42" in text
