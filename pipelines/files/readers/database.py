"""Databases: the rows of one query, through SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from forecasting.errors import first_line
from pipelines.files.readers import SourceError
from pipelines.terminal import exits

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError


@dataclass(frozen=True)
class Query:
    """One query.

    Attributes:
        url: SQLAlchemy URL.
        sql: what is asked.
    """

    url: str
    sql: str

    @property
    def label(self) -> str:
        """What errors call it: the URL without its password, and without its query part, which may hold one too."""
        return str(self.parsed.set(query={}).render_as_string(hide_password=True))

    @cached_property
    def parsed(self) -> URL:
        """The URL, read."""
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError) as error:
            raise SourceError("DATA is not a SQLAlchemy URL such as postgresql://host/name.", code="url") from error
        file = url.database
        if url.get_backend_name() == "sqlite" and file and file != ":memory:" and not Path(file).is_file():
            raise SourceError(f"There is no SQLite file {file}. Fix: check the path.", code="no_file")
        return url

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The answer of the database."""
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
        from sqlalchemy.pool import NullPool

        try:
            engine = create_engine(self.parsed, poolclass=NullPool)  # asked once: the connection is closed at the end
            with engine.connect() as connection:
                answer = connection.execute(text(self.sql))
                return pd.DataFrame(answer.fetchall(), columns=list(answer.keys()))
        except (ImportError, NoSuchModuleError) as error:
            raise SourceError(f"{self.label} needs a driver: {error}. Fix: install it.", code="driver") from error
        except DBAPIError as error:
            raise self.failed(error) from error
        except SQLAlchemyError as error:
            raise SourceError(f"{self.label} refused the query: {first_line(error)}", code="query") from error

    def failed(self, error: DBAPIError) -> Exception:
        """Return the error of a database that did not answer: whether to try again depends on why."""
        text = f"{self.label} did not answer the query: {first_line(error.orig or error)}"
        if isinstance(error.orig, sqlite3.Error):
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            passing = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        else:
            passing = type(error).__name__ in ("OperationalError", "InterfaceError") or error.connection_invalidated
        return exits.try_again(f"{text} Try again.") if passing else SourceError(f"{text} Fix: check it.", code="query")

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [str(name) for name in self.frame.columns]

    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def tables(self, names: list[str], *, whole: bool = False) -> Iterator[pa.Table]:
        """Yield the rows of some columns in one table."""
        frame = self.frame[names]
        try:
            yield pa.Table.from_pandas(frame, preserve_index=False)
        except (pa.ArrowException, TypeError, ValueError) as error:
            text = f"{self.label} gave a column of mixed types: {first_line(error)}"
            raise SourceError(f"{text} Fix: cast it in the query.", code="mixed_types") from error

    def is_text(self, name: str) -> bool:
        """Return True: some databases have no type for times."""
        return True

    def kind_of(self, name: str) -> pa.DataType:
        """Return the type of a column."""
        return next(self.tables([name])).schema.field(name).type

    def manifest(self) -> dict[str, Any]:
        """Return the query and a hash of its rows that does not depend on their order."""
        rows = pd.util.hash_pandas_object(self.frame, index=False).to_numpy()
        return {"url": self.label, "query": self.sql, "rows": len(rows), "hash": f"{int(rows.sum()):016x}"}
