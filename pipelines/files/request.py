"""What a caller says about data (where it is, how it is written) and what a job reads of it: plain and frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pipelines.files.readers.dialect import CsvDialect

if TYPE_CHECKING:
    from forecasting.config.task import Task


@dataclass(frozen=True)
class DataRequest:
    """Where data is and how it is written; the fields are the options of the command line.

    Attributes:
        location: file, folder, glob or SQLAlchemy URL.
        query: SQL, for a URL.
        id_column: name of the id column, when it is not a recognised one.
        time_column: name of the time column, likewise.
        target_column: name of the target column, likewise.
        sep: see `CsvDialect`, as the next three.
        decimal: decimal mark.
        encoding: encoding.
        thousands: grouping mark of the target.
    """

    location: str
    query: str | None = None
    id_column: str | None = None
    time_column: str | None = None
    target_column: str | None = None
    sep: str = CsvDialect.sep
    decimal: str = CsvDialect.decimal
    encoding: str = CsvDialect.encoding
    thousands: str = CsvDialect.thousands

    @property
    def is_database(self) -> bool:
        """Whether the data is the answer of a database."""
        return "://" in self.location

    @property
    def dialect(self) -> CsvDialect:
        """How its CSV files are written."""
        return CsvDialect(self.sep, self.decimal, self.encoding, self.thousands)

    def at(self, location: str) -> DataRequest:
        """Return other data that is written as this is, in a file, folder or glob."""
        return replace(self, location=location, query=None)


@dataclass(frozen=True)
class Columns:
    """What is read beside ids and times.

    Attributes:
        covariates: columns of covariates.
        target: what the target holds, which only the model says: numbers or symbols. The future of known covariates
            has no target.
        keeps_unreadable: whether cells that cannot be read stay as the texts they are, for the data check to name.
    """

    covariates: tuple[str, ...] = ()
    target: Literal["numbers", "symbols", "none"] = "numbers"
    keeps_unreadable: bool = False

    @classmethod
    def of(cls, task: Task) -> Columns:
        """Return what a model of this task reads."""
        names = (*task.static_names, *task.known_names, *task.past_names)
        return cls(names, "symbols" if task.symbols else "numbers")


#: What is read where nothing else is said.
TARGET_ALONE = Columns()
