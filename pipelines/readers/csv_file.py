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

from pipelines.exits import NoDataError
from pipelines.readers import SourceError, file_manifest
from pipelines.readers.texts import by_content, first_wrong, to_numbers

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
        dialect: its `sep`, `decimal` and `encoding`.
        texts: columns that are read as text, whatever they look like (ids and times).
        numbers: columns that are read as numbers; all others are what the whole column says.
        thousands: what groups the digits of the target, which its reader takes out; nothing when empty.
    """

    path: str
    name: str
    dialect: tuple[str, str, str]
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    thousands: str = ""

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.path

    @cached_property
    def header(self) -> list[str]:
        """The names in the first line."""
        sep = self.dialect[0]
        try:
            with self.opened(include=None) as reader:
                names: list[str] = list(reader.schema.names)
        except UnicodeError as error:
            raise self.unreadable(error) from error
        if len(names) < 2:
            shown = names[0][:80] if names else ""
            raise SourceError(
                f"{self.path} has one column when its fields are separated by {sep!r}: its header reads {shown!r}. "
                "Fix: name the separator, for example --sep ';'.",
                code="one_column",
            )
        return names

    def opened(self, include: list[str] | None) -> Any:
        """Open the file for reading in blocks."""
        sep, decimal, encoding = self.dialect
        parse, convert = pv.ParseOptions(delimiter=sep, newlines_in_values=True), pv.ConvertOptions()
        if include is None:  # only the header is wanted: the rows are not looked at yet
            parse.invalid_row_handler = skip
        else:
            types = dict.fromkeys(include, pa.string())
            # all is text yet: the mark is given so that one that is no character is refused
            convert = pv.ConvertOptions(include_columns=include, column_types=types, decimal_point=decimal)
        try:
            return pv.open_csv(self.path, pv.ReadOptions(block_size=BLOCK_BYTES, encoding=encoding), parse, convert)
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
        sep, decimal, encoding = self.dialect
        return SourceError(
            f"{self.path} cannot be read as CSV with --sep {sep!r} --decimal {decimal!r} --encoding {encoding!r}: "
            f"{text}. Fix: declare the dialect that the file has, or correct the file.",
            code="not_csv",
            field=field,
        )

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return self.header

    def rows(self) -> int:
        """Return an estimate from the size."""
        return os.path.getsize(self.path) // ROW_BYTES + 1

    def tables(self, names: list[str], *, whole: bool = False) -> Iterator[Any]:
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
                table = table.set_column(place, name, by_content(table.column(place), self.dialect[1]))
        yield table

    def read_numbers(self, name: str, text: Any) -> Any:
        """Return a column of texts as numbers.

        Raises:
            SourceError: a cell is none.
        """
        decimal = self.dialect[1]
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

    def kind_of(self, name: str) -> Any:
        """Return the type of a column, for which it is read where only its cells tell."""
        if name in self.texts:
            return pa.string()
        return pa.float64() if name in self.numbers else next(self.tables([name])).schema.field(name).type

    def is_text(self, name: str) -> bool:
        """Return True: a CSV file is text."""
        return True

    def manifest(self) -> dict[str, Any]:
        """Return name, size, dialect and hash."""
        marks = {"thousands": self.thousands} if self.thousands else {}
        return {**file_manifest(self.path, self.name), "dialect": list(self.dialect), **marks}


def skip(row: Any) -> str:
    """Tell the parser to pass over a row that does not fit the header."""
    return "skip"
