"""Sources: a DATA argument becomes canonical columns `unique_id, ds, y`, or an error that names file and column."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecasting.config import Task
from forecasting.errors import first_line
from forecasting.schema import COLUMN_ALIASES, DS, UNIQUE_ID, Y
from pipelines.canonical import canonical, covariate_kind
from pipelines.console import say
from pipelines.exits import NoDataError
from pipelines.readers import Reader, SourceError
from pipelines.requests import DataRequest

if TYPE_CHECKING:
    import pandas as pd

#: Codes of errors that are about cells, which the data check counts and names.
CELL_CODES = frozenset({"not_csv", "ds_dtype", "y_dtype"})

KNOWN_ENDINGS = "Known: .parquet, .pq, .csv, .tsv, .txt and .csv.gz."


@dataclass(frozen=True)
class Source:
    """Data behind one DATA argument.

    Attributes:
        request: how it was asked for.
        readers: its files, or its query.
    """

    request: DataRequest
    readers: tuple[Reader, ...]

    @staticmethod
    def open(request: DataRequest) -> Source:
        """Find the data.

        Raises:
            SourceError: there is no such file, or its ending is unknown.
            click.UsageError: a URL came without a query, or a query without a URL; or the marks of numbers clash.
        """
        require_marks(request)
        if request.is_database:
            if not request.query:
                raise click.UsageError("A SQLAlchemy URL needs --query.")
            from pipelines.readers.database import Query

            return Source(request, (Query(request.location, request.query),))
        if request.query:
            raise click.UsageError("--query needs DATA to be a SQLAlchemy URL, such as sqlite:///file.db.")
        root, files = find_files(request.location)
        return Source(request, tuple(reader_of(file, root, request) for file in files))

    def read_for(self, task: Task) -> Source:
        """Return the same data, read as a model of this task needs it: symbols, covariates.

        A database is not asked again: it might answer something else by now.
        """
        request = self.request.read_for(task)
        return Source(request, self.readers) if request.is_database else Source.open(request)

    def future(self, location: str, known: tuple[str, ...] = ()) -> Source:
        """Return the future of known covariates, which is written as this data is."""
        return Source.open(self.request.future(location, known))

    @property
    def name(self) -> str:
        """A short name for logs: the file's or the folder's, the URL without its password."""
        return self.readers[0].label if self.request.is_database else Path(self.request.location).name

    @cached_property
    def columns(self) -> dict[str, str]:
        """The file's own names of the columns `unique_id` (if it has one), `ds` and `y`."""
        found = [columns_of(reader, self.request) for reader in self.readers]
        for reader, columns in zip(self.readers, found, strict=True):
            if columns != found[0]:
                missing = sorted(set(found[0].items()) ^ set(columns.items()))[0][1]
                raise SourceError(
                    f"{reader.label}: column {missing!r} is not in all files: {self.readers[0].label} differs. "
                    "Fix: give all files the same columns.",
                    code="mixed_schemas",
                    field=missing,
                )
        return found[0]

    def rows(self) -> int:
        """Return the number of rows, or an estimate of it."""
        return sum(reader.rows() for reader in self.readers)

    def tables(self, others: bool = False) -> Iterator[Any]:
        """Yield Arrow tables with canonical columns, in the order of the files.

        Args:
            others: keep the other columns too.

        Raises:
            SourceError: a file or column cannot be read.
        """
        columns, kinds = self.columns, Kinds(self)
        for reader in self.readers:
            wanted = [*columns.values(), *self.beside_in(reader)]
            if reader is self.readers[0]:
                ignored = [name for name in reader.names() if name not in wanted]
                if ignored and not others:
                    say(f"Columns that were not asked for are ignored: {', '.join(ignored)}.")
            names = reader.names() if others else wanted
            for table in reader.tables(names, whole=reader.is_text(columns[DS])):
                yield kinds.agreed(canonical(table, columns, reader.label, self.request), reader.label)

    def beside_in(self, reader: Reader) -> tuple[str, ...]:
        """Return the columns of the covariates.

        Raises:
            SourceError: a file has not all of them.
        """
        missing = [name for name in self.request.beside if name not in reader.names()]
        if missing:
            raise SourceError(
                f"{reader.label}: no column {missing[0]!r}, a covariate. Got: {', '.join(reader.names()[:20])}. "
                "Fix: add the column.",
                code="missing_column",
                field=missing[0],
            )
        return self.request.beside

    def frame(self, others: bool = False) -> pd.DataFrame:
        """Read everything into a long frame; see `tables`.

        Raises:
            NoDataError: there are no rows.
            SourceError: as for `tables`.
        """
        import pyarrow as pa

        tables = [table for table in self.tables(others) if table.num_rows]
        if not tables:
            raise self.empty()
        try:
            return pa.concat_tables(tables, promote_options="permissive" if others else "default").to_pandas()
        except pa.ArrowException as error:  # of columns that were not asked for
            text = f"{self.request.location}: a column has different types in different files: {first_line(error)}"
            raise SourceError(f"{text} Fix: write all files with the same types.", code="mixed_schemas") from error

    def raw_frame(self) -> pd.DataFrame:
        """Read everything, cells that cannot be read as the texts they are; see `frame`."""
        try:
            return self.frame(others=True)
        except SourceError as error:
            if error.code not in CELL_CODES:
                raise
        return Source.open(replace(self.request, is_lenient=True)).frame(others=True)

    def empty(self) -> NoDataError:
        """Return the error of data without rows."""
        label = self.readers[0].label if len(self.readers) == 1 else self.request.location
        return NoDataError(f"{label} has no rows. Fix: check the query or the job that wrote it.", code="empty")

    def manifest(self) -> list[dict[str, Any]]:
        """Return what identifies the content of the data and how it is read."""
        columns = {"columns": self.columns}
        return [{**reader.manifest(), **columns} for reader in self.readers]


class Kinds:
    """The types of the columns that are asked for, which are the same in all tables of a source.

    Args:
        source: the data.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        names = source.columns
        #: The files' names of the columns, by the canonical ones.
        self.spelt = {**{name: names[name] for name in (DS, Y) if name in names},
                      **{name: name for name in source.request.beside}}  # fmt: skip
        self.found: dict[str, Any] = {}

    def agreed(self, table: Any, label: str) -> Any:
        """Return a table with a column that is all empty as of the type that the other files have.

        Raises:
            SourceError: a column has another type than in the files before.
        """
        import pyarrow as pa

        for name in [name for name in table.column_names if name in self.spelt]:
            kind = table.schema.field(name).type
            if name not in self.found:
                self.found[name] = self.elsewhere(name) if pa.types.is_null(kind) else kind
            if pa.types.is_null(kind):
                place = table.column_names.index(name)
                table = table.set_column(place, name, table.column(name).cast(self.found[name]))
            elif kind != self.found[name]:
                raise self.conflict(name, kind, label)
        return table

    def elsewhere(self, name: str) -> Any:
        """Return the type of a column in the first file where it is not all empty; null where there is none."""
        import pyarrow as pa

        others = self.source.readers if len(self.source.readers) > 1 else ()  # a file of texts is read for it
        for reader in others:
            kind = reader.kind_of(self.spelt[name]) if self.spelt[name] in reader.names() else pa.null()
            if not pa.types.is_null(kind):
                return covariate_kind(kind)
        return pa.null()

    def conflict(self, name: str, kind: Any, label: str) -> SourceError:
        """Return the error of a column of which the files disagree."""
        fix = "one type of time and one time zone" if name == DS else "numbers in this column, or texts"
        return SourceError(
            f"{label}: column {self.spelt[name]!r} is {kind}, and {self.found[name]} in the files before. "
            f"Fix: write all files with {fix}.",
            code="mixed_schemas",
            field=self.spelt[name],
        )


def require_marks(request: DataRequest) -> None:
    """Raise a `click.UsageError` where the grouping mark of numbers is also a part of them."""
    mark = request.thousands
    if mark and (mark == request.decimal or mark.isalnum() or mark in "+-"):
        raise click.UsageError(
            f"--thousands {mark!r} is the decimal mark, a letter, a digit or a sign: 1{mark}5 would be read as 15. "
            "Give the mark that groups digits, or leave it out."
        )


def find_files(location: str) -> tuple[Path, list[Path]]:
    """Return the root that names are relative to, and the files of a file, folder or glob, sorted.

    Raises:
        SourceError: there are none.
    """
    path = Path(location).expanduser()
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and not is_hidden(file.relative_to(path)))
        kinds = {ending(file) for file in files}
        if not files or len(kinds) > 1:
            got = f"files of several kinds ({', '.join(sorted(map(str, kinds)))})" if files else "no data files"
            fix = f"name a glob such as '{path}/*.parquet'."
            raise SourceError(f"Folder {path} holds {got}. Fix: {fix}", code="no_file")
        return path, files
    files = sorted(Path(found) for found in glob.glob(str(path), recursive=True) if os.path.isfile(found))
    if not files:
        raise SourceError(f"There is no file, folder or match for {location!r}. Fix: check the path.", code="no_file")
    return Path(os.path.commonpath([file.parent for file in files])), files


def is_hidden(path: Path) -> bool:
    """Whether a file belongs to a job and not to the data: a part of its path starts with `_` or `.`."""
    return any(part.startswith(("_", ".")) for part in path.parts)


def ending(path: Path) -> str | None:
    """Return the kind of a file by its ending: `parquet`, `csv` or None."""
    from pipelines.readers import csv_file, parquet_file

    name = path.name.lower()
    if name.endswith(parquet_file.SUFFIXES):
        return "parquet"
    return "csv" if name.endswith(csv_file.SUFFIXES) else None


def reader_of(path: Path, root: Path, request: DataRequest) -> Reader:
    """Return the reader of one file.

    Raises:
        SourceError: its ending is unknown.
    """
    from pipelines.readers.csv_file import CsvFile
    from pipelines.readers.parquet_file import ParquetFile

    kind, name = ending(path), path.relative_to(root).as_posix()
    if kind is None:
        raise SourceError(f"{path}: the ending of the file says no format. {KNOWN_ENDINGS}", code="ending")
    if kind == "parquet":
        return ParquetFile(str(path), name)
    header = CsvFile(str(path), name, (request.sep, request.decimal, request.encoding))
    columns = columns_of(header, request)
    texts = tuple(columns[wanted] for wanted in (UNIQUE_ID, DS) if wanted in columns)
    target = (columns[Y],) if Y in columns else ()
    if request.symbols or request.thousands or request.is_lenient:
        return replace(header, texts=(*texts, *target), thousands=request.thousands)
    return replace(header, texts=texts, numbers=target)


def columns_of(reader: Reader, request: DataRequest) -> dict[str, str]:
    """Return the names that a file has for `unique_id` (if any), `ds` and `y`.

    Raises:
        SourceError: one is missing, or a name is there twice.
    """
    names = reader.names()
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        text = f"{reader.label} has more than one column {twice!r}. Fix: rename or drop one."
        raise SourceError(text, code="duplicate_column", field=twice)
    chosen = {UNIQUE_ID: request.id_column, DS: request.time_column}
    if request.has_target:
        chosen[Y] = request.target_column
    options = {UNIQUE_ID: "--id", DS: "--time", Y: "--target"}
    found = {}
    for wanted, given in chosen.items():
        spellings = [given] if given else [wanted, *(old for old, new in COLUMN_ALIASES.items() if new == wanted)]
        present = next((name for name in spellings if name in names), None)
        if present is not None:
            found[wanted] = present
        elif given or wanted != UNIQUE_ID:
            got, fix = ", ".join(names[:20]), f"name the column with {options[wanted]}."
            raise SourceError(
                f"{reader.label} has no column {spellings[0]!r}. Got: {got}. Fix: {fix}",
                code="missing_column",
                field=spellings[0],
            )
    return found
