"""The types of the columns that are read, which are the same in all files of a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from forecasting.schema import DS
from pipelines.files.canonical import covariate_type
from pipelines.files.readers import Reader, SourceError


class ColumnTypes:
    """The types of a source's columns, learnt from its tables as they come.

    Args:
        readers: the files of the source.
        spelt: the files' names of the columns, by the canonical ones.
    """

    def __init__(self, readers: Sequence[Reader], spelt: Mapping[str, str]) -> None:
        self.readers = readers
        self.spelt = spelt
        self.types: dict[str, pa.DataType] = {}

    def agreed(self, table: pa.Table, label: str) -> pa.Table:
        """Return a table with a column that is all empty as of the type that the other files have.

        Args:
            table: with canonical names.
            label: what errors call its file.

        Raises:
            SourceError: a column has another type than in the files before.
        """
        for name in [name for name in table.column_names if name in self.spelt]:
            kind = table.schema.field(name).type
            if name not in self.types:
                self.types[name] = self.type_elsewhere(name) if pa.types.is_null(kind) else kind
            if pa.types.is_null(kind):
                place = table.column_names.index(name)
                table = table.set_column(place, name, table.column(name).cast(self.types[name]))
            elif kind != self.types[name]:
                raise self.conflict(name, kind, label)
        return table

    def type_elsewhere(self, name: str) -> pa.DataType:
        """Return the type of a column in the first file where it is not all empty; null where there is none."""
        others = self.readers if len(self.readers) > 1 else ()  # a file of texts is read for it
        for reader in others:
            kind = reader.kind_of(self.spelt[name]) if self.spelt[name] in reader.names() else pa.null()
            if not pa.types.is_null(kind):
                return covariate_type(kind)
        return pa.null()

    def conflict(self, name: str, kind: pa.DataType, label: str) -> SourceError:
        """Return the error of a column of which the files disagree."""
        fix = "one type of time and one time zone" if name == DS else "numbers in this column, or texts"
        return SourceError(
            f"{label}: column {self.spelt[name]!r} is {kind}, and {self.types[name]} in the files before. "
            f"Fix: write all files with {fix}.",
            code="mixed_schemas",
            field=self.spelt[name],
        )
