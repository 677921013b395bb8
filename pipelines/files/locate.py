"""Which files a DATA argument means, who reads them, and which of their columns are the canonical ones."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from pathlib import Path

import click

from forecasting.schema import COLUMN_ALIASES, DS, UNIQUE_ID, Y
from pipelines.files.readers import Reader, SourceError
from pipelines.files.request import Columns, DataRequest

KNOWN_ENDINGS = "Known: .parquet, .pq, .csv, .tsv, .txt and .csv.gz."


def readers_of(request: DataRequest, columns: Columns) -> tuple[Reader, ...]:
    """Return the readers of the files, or of the query, that a request means.

    Raises:
        SourceError: there is no such file, or its ending is unknown.
        click.UsageError: a URL came without a query, or a query without a URL; or the marks of numbers clash.
    """
    require_marks(request)
    if request.is_database:
        if not request.query:
            raise click.UsageError("A SQLAlchemy URL needs --query.")
        from pipelines.files.readers.database import Query

        return (Query(request.location, request.query),)
    if request.query:
        raise click.UsageError("--query needs DATA to be a SQLAlchemy URL, such as sqlite:///file.db.")
    root, files = find_files(request.location)
    return tuple(reader_of(file, root, request, columns) for file in files)


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
    files = sorted(Path(match) for match in glob.glob(str(path), recursive=True) if os.path.isfile(match))
    if not files:
        raise SourceError(f"There is no file, folder or match for {location!r}. Fix: check the path.", code="no_file")
    return Path(os.path.commonpath([file.parent for file in files])), files


def is_hidden(path: Path) -> bool:
    """Whether a file belongs to a job and not to the data: a part of its path starts with `_` or `.`."""
    return any(part.startswith(("_", ".")) for part in path.parts)


def ending(path: Path) -> str | None:
    """Return the kind of a file by its ending: `parquet`, `csv` or None."""
    from pipelines.files.readers import csv_file, parquet_file

    name = path.name.lower()
    if name.endswith(parquet_file.SUFFIXES):
        return "parquet"
    return "csv" if name.endswith(csv_file.SUFFIXES) else None


def reader_of(path: Path, root: Path, request: DataRequest, columns: Columns) -> Reader:
    """Return the reader of one file.

    Raises:
        SourceError: its ending is unknown.
    """
    from pipelines.files.readers.csv_file import CsvFile
    from pipelines.files.readers.parquet_file import ParquetFile

    kind, name = ending(path), path.relative_to(root).as_posix()
    if kind is None:
        raise SourceError(f"{path}: the ending of the file says no format. {KNOWN_ENDINGS}", code="ending")
    if kind == "parquet":
        return ParquetFile(str(path), name)
    header = CsvFile(str(path), name, request.dialect)
    names = names_in(header, request, columns)
    texts = tuple(names[canonical] for canonical in (UNIQUE_ID, DS) if canonical in names)
    if columns.target == "none":
        return replace(header, texts=texts, dialect=replace(request.dialect, thousands=""))
    if columns.target == "symbols" or columns.keeps_unreadable or request.thousands:
        return replace(header, texts=(*texts, names[Y]))
    return replace(header, texts=texts, numbers=(names[Y],))


def names_in(reader: Reader, request: DataRequest, columns: Columns) -> dict[str, str]:
    """Return the names that a file has for `unique_id` (if any), `ds` and `y` (if there is a target).

    Raises:
        SourceError: one is missing, or a name is there twice.
    """
    names = reader.names()
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        text = f"{reader.label} has more than one column {twice!r}. Fix: rename or drop one."
        raise SourceError(text, code="duplicate_column", field=twice)
    said = {UNIQUE_ID: request.id_column, DS: request.time_column}
    if columns.target != "none":
        said[Y] = request.target_column
    own_names = {}
    for canonical, name in said.items():
        usual = (canonical, *(old for old, new in COLUMN_ALIASES.items() if new == canonical))
        spellings = (name,) if name else usual
        present = next((one for one in spellings if one in names), None)
        if present is not None:
            own_names[canonical] = present
        elif name or canonical != UNIQUE_ID:
            raise missing_column(reader, canonical, spellings[0])
    return own_names


def missing_column(reader: Reader, canonical: str, name: str) -> SourceError:
    """Return the error of a file without the column that holds ids, times or the target."""
    option = {UNIQUE_ID: "--id", DS: "--time", Y: "--target"}[canonical]
    return SourceError(
        f"{reader.label} has no column {name!r}. Got: {', '.join(reader.names()[:20])}. "
        f"Fix: name the column with {option}.",
        code="missing_column",
        field=name,
    )
