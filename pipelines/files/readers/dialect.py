"""How a CSV file is written: declared by whoever has it, and never guessed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV file is written; it is declared and never guessed.

    Attributes:
        sep: what separates the fields of a line.
        decimal: decimal mark.
        encoding: encoding of the text.
        thousands: what groups the digits of the target; nothing when empty.
    """

    sep: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    thousands: str = ""
