"""CSV files: read by the dialect that was declared, which is never guessed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv

from pipelines.files.readers import SourceError, file_manifest
from pipelines.files.readers.dialect import CsvDialect
from pipelines.files.readers.texts import first_wrong, infer_type, to_numbers
from pipelines.terminal.exits import NoDataError

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")

#: Bytes decoded at a time, and the longest line that is read.
BLOCK_BYTES = 16 << 20

#: Bytes of a row, for the estimate of rows.
ROW_BYTES = 32


@dataclass(frozen=True)
class CsvFile:
    """A CSV file with a header.

    Attributes:
        path: where it is.
        name: its name relative to what the caller asked for.
        dialect: how it is written.
        texts: columns that are read as text, whatever they look like (ids and times).
        numbers: columns that are read as numbers; all others are what the whole column says.
    """

    path: str
    name: str
    dialect: CsvDialect
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.path

    @cached_property
    def header(self) -> list[str]:
        """The names in the first line."""
        try:
            with self.opened(include=None) as reader:
                names: list[str] = list(reader.schema.names)
        except UnicodeError as error:
            raise self.unreadable(error) from error
        if len(names) < 2:
            shown = names[0][:80] if names else ""
            raise SourceError(
                f"{self.path} has one column when its fields are separated by {self.dialect.sep!r}: its header reads "
                f"{shown!r}. Fix: name the separator, for example --sep ';'.",
                code="one_column",
            )
        return names

    def opened(self, include: list[str] | None) -> Any:
        """Open the file for reading in blocks."""
        written = self.dialect
        parse, convert = pv.ParseOptions(delimiter=written.sep, newlines_in_values=True), pv.ConvertOptions()
        if include is None:  # only the header is wanted: the rows are not looked at yet
            parse.invalid_row_handler = skip
        else:
            types = dict.fromkeys(include, pa.string())
            # all is text yet: the mark is given so that one that is no character is refused
            convert = pv.ConvertOptions(include_columns=include, column_types=types, decimal_point=written.decimal)
        try:
            read = pv.ReadOptions(block_size=BLOCK_BYTES, encoding=written.encoding)
            return pv.open_csv(self.path, read, parse, convert)
        except (pa.ArrowException, LookupError, UnicodeError, ValueError) as error:
            raise self.unreadable(error) from error

    def unreadable(self, error: Exception) -> Exception:
        """Return the error of a file that the declared dialect does not fit."""
        text = " ".join(str(error).split())[:300].rstrip(".")
        if text == "Empty CSV file":
            return NoDataError(f"{self.path} is empty. Fix: check the job that wrote it.", code="empty")
        if "straddling" in text:
            text = f"a line is longer than {BLOCK_BYTES >> 20} MiB, or a quote is never closed"
        place = re.match(r"In CSV column #(\d+): ", text)
        field = self.header[int(place[1])] if place else None
        if place:
            text = f"column {field!r}: {text[place.end() :]}"
        written = self.dialect
        return SourceError(
            f"{self.path} cannot be read as CSV with --sep {written.sep!r} --decimal {written.decimal!r} --encoding "
            f"{written.encoding!r}: {text}. Fix: declare the dialect that the file has, or correct the file.",
            code="not_csv",
            field=field,
        )

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return self.header

    def rows(self) -> int:
        """Return an estimate from the size."""
        return os.path.getsize(self.path) // ROW_BYTES + 1

    def tables(self, names: list[str], *, whole: bool = False) -> Iterator[pa.Table]:
        """Yield the rows of some columns in one table: what an offset in a text means depends on all of them."""
        try:
            with self.opened(names) as reader:
                table = reader.read_all()
        except (pa.ArrowException, UnicodeError, ValueError) as error:
            raise self.unreadable(error) from error
        for place, name in enumerate(table.column_names):
            if name in self.numbers:
                table = table.set_column(place, name, self.read_numbers(name, table.column(place)))
            elif name not in self.texts:
                table = table.set_column(place, name, infer_type(table.column(place), self.dialect.decimal))
        yield table

    def read_numbers(self, name: str, text: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return a column of texts as numbers.

        Raises:
            SourceError: a cell is none.
        """
        decimal = self.dialect.decimal
        try:
            return to_numbers(text, decimal)
        except ValueError as error:
            row = first_wrong(text, decimal)
            raise SourceError(
                f"{self.path}: column {name!r} holds {text[row].as_py()[:60]!r} in data row {row + 1}, which is no "
                f"number with --decimal {decimal!r}. Fix: declare the dialect that the file has, or correct the file; "
                "a target of symbols needs a model of symbols, such as --model gru:head=categorical.",
                code="y_dtype",
                field=name,
            ) from error

    def kind_of(self, name: str) -> pa.DataType:
        """Return the type of a column, for which it is read where only its cells tell."""
        if name in self.texts:
            return pa.string()
        return pa.float64() if name in self.numbers else next(self.tables([name])).schema.field(name).type

    def is_text(self, name: str) -> bool:
        """Return True: a CSV file is text."""
        return True

    def manifest(self) -> dict[str, Any]:
        """Return name, size, dialect and hash."""
        said = self.dialect
        marks = {"thousands": said.thousands} if said.thousands else {}
        written = {"dialect": [said.sep, said.decimal, said.encoding], **marks}
        return {**file_manifest(self.path, self.name), **written}


def skip(row: Any) -> str:
    """Tell the parser to pass over a row that does not fit the header."""
    return "skip"
