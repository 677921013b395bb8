"""Sources: a DATA argument becomes canonical columns `unique_id, ds, y`, or an error that names file and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.errors import first_line
from forecasting.schema import DS, Y
from pipelines.files.locate import names_in, readers_of
from pipelines.files.readers import Reader, SourceError
from pipelines.files.request import TARGET_ALONE, Columns, DataRequest
from pipelines.terminal.console import say
from pipelines.terminal.exits import NoDataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: Codes of errors that are about cells, which the data check counts and names.
CELL_CODES = frozenset({"not_csv", "ds_dtype", "y_dtype"})


@dataclass(frozen=True, eq=False)
class NamedFrame:
    """The rows of a source.

    Attributes:
        name: what logs and records call it.
        frame: long frame `unique_id, ds, y`, with the covariates.
    """

    name: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class DataSource:
    """Data behind one DATA argument.

    Attributes:
        request: where it is and how it is written.
        columns: what is read of it.
        readers: its files, or its query.
    """

    request: DataRequest
    columns: Columns
    readers: tuple[Reader, ...]

    @classmethod
    def open(cls, request: DataRequest, columns: Columns = TARGET_ALONE) -> DataSource:
        """Find the data.

        Raises:
            SourceError: there is no such file, or its ending is unknown.
            click.UsageError: a URL came without a query, or a query without a URL; or the marks of numbers clash.
        """
        return cls(request, columns, readers_of(request, columns))

    def reading(self, columns: Columns) -> DataSource:
        """Return the same data with other columns read.

        A database is not asked again: it might answer something else by now.
        """
        if self.request.is_database:
            return replace(self, columns=columns)
        return DataSource.open(self.request, columns)

    def future(self, location: str, known: tuple[str, ...] = ()) -> DataSource:
        """Return the future of known covariates, which is written as this data is and has no target."""
        return DataSource.open(self.request.at(location), Columns(known, "none"))

    @property
    def name(self) -> str:
        """A short name for logs: the file's or the folder's, the URL without its password."""
        return self.readers[0].label if self.request.is_database else Path(self.request.location).name

    @cached_property
    def names(self) -> dict[str, str]:
        """The file's own names of the columns `unique_id` (if it has one), `ds` and `y` (if it has a target)."""
        spelt = [names_in(reader, self.request, self.columns) for reader in self.readers]
        for reader, names in zip(self.readers, spelt, strict=True):
            if names != spelt[0]:
                missing = sorted(set(spelt[0].items()) ^ set(names.items()))[0][1]
                raise SourceError(
                    f"{reader.label}: column {missing!r} is not in all files: {self.readers[0].label} differs. "
                    "Fix: give all files the same columns.",
                    code="mixed_schemas",
                    field=missing,
                )
        return spelt[0]

    def rows(self) -> int:
        """Return the number of rows, or an estimate of it."""
        return sum(reader.rows() for reader in self.readers)

    def tables(self, others: bool = False) -> Iterator[pa.Table]:
        """Yield Arrow tables with canonical columns, in the order of the files.

        Args:
            others: keep the other columns too.

        Raises:
            SourceError: a file or column cannot be read.
        """
        from pipelines.files.canonical import canonical
        from pipelines.files.column_types import ColumnTypes

        spelt = {name: self.names[name] for name in (DS, Y) if name in self.names}
        types = ColumnTypes(self.readers, {**spelt, **{name: name for name in self.columns.covariates}})
        for reader in self.readers:
            self.require_covariates(reader)
            wanted = [*self.names.values(), *self.columns.covariates]
            if reader is self.readers[0] and not others:
                say_ignored(reader, wanted)
            whole = reader.is_text(self.names[DS])
            for table in reader.tables(reader.names() if others else wanted, whole=whole):
                made = canonical(table, reader.label, self.names, self.columns, self.request.dialect)
                yield types.agreed(made, reader.label)

    def require_covariates(self, reader: Reader) -> None:
        """Raise a `SourceError` where a file has not all of the covariates."""
        missing = [name for name in self.columns.covariates if name not in reader.names()]
        if missing:
            raise SourceError(
                f"{reader.label}: no column {missing[0]!r}, a covariate. Got: {', '.join(reader.names()[:20])}. "
                "Fix: add the column.",
                code="missing_column",
                field=missing[0],
            )

    def read(self) -> NamedFrame:
        """Read everything under its name; see `frame`."""
        return NamedFrame(self.name, self.frame())

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
            frame: pd.DataFrame = pa.concat_tables(
                tables, promote_options="permissive" if others else "default"
            ).to_pandas()
        except pa.ArrowException as error:  # of columns that were not asked for
            text = f"{self.request.location}: a column has different types in different files: {first_line(error)}"
            raise SourceError(f"{text} Fix: write all files with the same types.", code="mixed_schemas") from error
        return frame

    def raw_frame(self) -> pd.DataFrame:
        """Read everything, cells that cannot be read as the texts they are; see `frame`."""
        try:
            return self.frame(others=True)
        except SourceError as error:
            if error.code not in CELL_CODES:
                raise
        return self.reading(replace(self.columns, keeps_unreadable=True)).frame(others=True)

    def empty(self) -> NoDataError:
        """Return the error of data without rows."""
        label = self.readers[0].label if len(self.readers) == 1 else self.request.location
        return NoDataError(f"{label} has no rows. Fix: check the query or the job that wrote it.", code="empty")

    def manifest(self) -> list[dict[str, Any]]:
        """Return what identifies the content of the data and how it is read."""
        return [{**reader.manifest(), "columns": self.names} for reader in self.readers]


def say_ignored(reader: Reader, wanted: list[str]) -> None:
    """Say which columns of a file are not read."""
    ignored = [name for name in reader.names() if name not in wanted]
    if ignored:
        say(f"Columns that were not asked for are ignored: {', '.join(ignored)}.")
