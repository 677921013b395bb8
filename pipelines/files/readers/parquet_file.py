"""Parquet files: read row group by row group, with the file's name on everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from forecasting.errors import first_line
from pipelines.files.readers import SourceError, file_manifest

SUFFIXES = (".parquet", ".pq")

#: Rows decoded at a time.
BATCH_ROWS = 1 << 20


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file.

    Attributes:
        path: where it is.
        name: its name relative to what the caller asked for.
    """

    path: str
    name: str

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.path

    @cached_property
    def opened(self) -> Any:
        """The open file."""
        try:
            return pq.ParquetFile(self.path, coerce_int96_timestamp_unit="us")
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self.unreadable(error) from error

    def unreadable(self, error: Exception) -> SourceError:
        """Return the error of a file that is damaged or something else."""
        return SourceError(
            f"{self.path} is not a complete Parquet file: {first_line(error)} Fix: write or copy it again.",
            code="not_parquet",
        )

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.opened.schema_arrow.names)

    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.opened.metadata.num_rows)

    def tables(self, names: list[str], *, whole: bool = False) -> Iterator[pa.Table]:
        """Yield the rows of some columns."""
        try:
            if whole:
                yield self.opened.read(columns=names)
                return
            for batch in self.opened.iter_batches(BATCH_ROWS, columns=names):
                yield pa.Table.from_batches([batch])
        except (pa.ArrowException, OSError) as error:
            raise self.unreadable(error) from error

    def is_text(self, name: str) -> bool:
        """Return whether a column is text."""
        kind = self.opened.schema_arrow.field(name).type
        return str(kind).startswith(("string", "large_string", "dictionary"))

    def kind_of(self, name: str) -> pa.DataType:
        """Return the type of a column."""
        return self.opened.schema_arrow.field(name).type

    def manifest(self) -> dict[str, Any]:
        """Return name, size and hash."""
        return file_manifest(self.path, self.name)
