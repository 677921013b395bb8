"""What a command says: results on stdout, talk on stderr."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click


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
    if hasattr(value, "item") and callable(value.item):  # a number of NumPy, which need not be loaded here
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


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
