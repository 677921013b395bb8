"""What a command says: results on stdout, talk and progress on stderr, bars on a terminal and plain lines in a log."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

#: Seconds between two lines of progress in a log.
LINE_SECONDS = 10.0

#: Width of tables that go into a file or a pipe.
FILE_WIDTH = 160

#: Called with the work done, the work in all (None when that is unknown) and a note.
Advance = Callable[[float, float | None, str], None]


def say(text: str) -> None:
    """Write one line of talk to stderr."""
    click.echo(text, err=True)


def emit(data: Mapping[str, Any], as_json: bool, view: Callable[[], None]) -> None:
    """Write a result to stdout: as one JSON document, or as `view` prints it."""
    if as_json:
        click.echo(to_json(data))
    else:
        view()


def to_json(data: Any) -> str:
    """Return legal JSON: numbers that are not finite become null, other objects their text."""
    return json.dumps(_legal(data), indent=1, allow_nan=False, ensure_ascii=False)


def _legal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _legal(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_legal(one) for one in value]
    if hasattr(value, "item") and callable(value.item):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], note: str = "") -> None:
    """Print a table to stdout; columns of numbers are flush right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", caption=note or None, caption_justify="left")
    for index, name in enumerate(columns):
        is_number = all(isinstance(row[index], (int, float)) for row in rows) and bool(rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def cell(value: Any) -> str:
    """Return a value as a table shows it: numbers with four significant digits, integers whole, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value)


@contextmanager
def progress(label: str, total: float | None = None) -> Iterator[Advance]:
    """Show how far a piece of work is; yields a function that takes (done, total or None, note)."""
    with _bar(label, total) if sys.stderr.isatty() else _lines(label, total) as advance:
        yield advance


@contextmanager
def _bar(label: str, total: float | None) -> Iterator[Advance]:
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
        task = bars.add_task(label, total=total, note="")

        def advance(done: float, total: float | None = None, note: str = "") -> None:
            bars.update(task, completed=done, total=total, note=note)

        yield advance
        all_of_it = bars.tasks[0].completed or 1
        bars.update(task, total=all_of_it, completed=all_of_it, note="")


@contextmanager
def _lines(label: str, total: float | None) -> Iterator[Advance]:
    started = last = time.monotonic()
    say(f"{label} ...")

    def advance(done: float, total: float | None = None, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_SECONDS:
            last = now
            say(f"{label}: {done:g}{f' of {total:g}' if total else ''}{f', {note}' if note else ''}")

    yield advance
    say(f"{label}: done in {time.monotonic() - started:.1f} s")


@contextmanager
def listening() -> Iterator[None]:
    """Bring the library's log lines and warnings to stderr as talk."""
    logger = logging.getLogger("forecasting")
    handler = _Talk()
    logger.addHandler(handler)
    former = logger.level
    logger.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"mlflow\.")  # hints for people who log by hand
            warnings.showwarning = lambda message, *rest: say(f"Warning: {message}")
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former)


class _Talk(logging.Handler):
    """A handler that writes to the stderr of the moment, the same line once however often a command reads its data."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        text = record.getMessage()
        if text not in self.said:
            self.said.add(text)
            say(text)
