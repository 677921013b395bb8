"""Readers of the kinds of data, one file each: columns as they are, and errors that name the place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from forecasting.errors import ForecastingError

if TYPE_CHECKING:
    import pyarrow as pa


class SourceError(ForecastingError):
    """The data cannot be read: which file, which column, what was got, and the fix."""


class Reader(Protocol):
    """One file or query."""

    @property
    def label(self) -> str:
        """Return what errors call it."""

    def names(self) -> list[str]:
        """Return the names of the columns."""

    def rows(self) -> int:
        """Return the number of rows, or an estimate of it that is the same every time."""

    def tables(self, names: list[str], *, whole: bool = False) -> Iterator[pa.Table]:
        """Yield Arrow tables of some columns, in order; a single one where `whole` is asked for."""

    def is_text(self, name: str) -> bool:
        """Return whether a column may be text: of times in text the whole column tells the time zone."""

    def kind_of(self, name: str) -> pa.DataType:
        """Return the Arrow type of a column; null where all of it is empty."""

    def manifest(self) -> dict[str, Any]:
        """Return what identifies the content."""


def file_manifest(path: str, name: str) -> dict[str, Any]:
    """Return name, size and sha256 of a file."""
    import hashlib
    import os

    with open(path, "rb") as file:
        return {"file": name, "bytes": os.path.getsize(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
