"""How far a piece of work is: a bar on a terminal; in a log one line at its end, and one a minute while it lasts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pipelines.terminal.console import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Seconds between two lines about work under way in a log.
LINE_SECONDS = 60.0


class Work(Protocol):
    """A piece of work under way.

    Attributes:
        result: what it has come to, said at its end; the note of the last `advance` while empty.
    """

    result: str

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        """Show how much of the work is done, of how much in all (None when that is unknown), with a note."""


@contextmanager
def progress(label: str, total: float | None = None) -> Iterator[Work]:
    """Show how far a piece of work is.

    Args:
        label: what it is.
        total: the work in all; None when that is unknown.
    """
    with bar(label, total) if sys.stderr.isatty() else log_lines(label) as work:
        yield work


@contextmanager
def bar(label: str, total: float | None) -> Iterator[Work]:
    """Show a bar on the terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        work = Bar(bars, bars.add_task(label, total=total, note=""))
        yield work
        work.end()


@contextmanager
def log_lines(label: str) -> Iterator[Work]:
    """Write lines to the log."""
    work = LogLines(label)
    yield work
    work.end()


class Bar:
    """Work that is shown as a bar; see `Work`.

    Args:
        bars: rich's display.
        task: number of the bar in it.
    """

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self.bars = bars
        self.task = task
        self.result = ""

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        """Move the bar."""
        self.bars.update(self.task, completed=done, total=total, note=note)

    def end(self) -> None:
        """Fill the bar."""
        done = self.bars.tasks[0].completed or 1
        self.bars.update(self.task, total=done, completed=done, note=self.result)


class LogLines:
    """Work that is shown as lines; see `Work`.

    Args:
        label: what it is.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.result = ""
        self.note = ""
        self.started = self.said = time.monotonic()

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        """Write a line, unless the last one is less than a minute old."""
        self.note, now = note, time.monotonic()
        if now - self.said >= LINE_SECONDS:
            self.said = now
            say(f"{self.label}: {done:g}{f' of {total:g}' if total else ''}{f', {note}' if note else ''}")

    def end(self) -> None:
        """Write what was reached, and in which time."""
        reached = self.result or self.note
        say(f"{self.label}: {f'{reached}, ' if reached else ''}{time.monotonic() - self.started:.1f} s")
