"""What a data check says: a stable code, where the trouble is, and the fix."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from forecasting.errors import PanelError

Severity = Literal["error", "warning", "info"]

#: Places that a finding names.
NAMED_PLACES = 5


class RowPlace(NamedTuple):
    """Where one row is: its series, its position in the caller's frame, and its time; None where there is none."""

    series: str | None
    row: int | None
    time: str | None


@dataclass(frozen=True)
class Finding:
    """One kind of trouble in a frame.

    Attributes:
        code: stable name of the trouble.
        severity: `error` keeps the frame from becoming a panel.
        count: rows concerned (series, for findings about whole series).
        series: id of the first series concerned, by id.
        row: position in the caller's frame of the first row concerned, in the order of (series, time).
        message: what, where and what was got.
        fix: what to do.
        field: the column concerned.
        places: series, row and time of the first few of them.
    """

    code: str
    severity: Severity
    count: int
    series: str | None
    row: int | None
    message: str
    fix: str
    field: str | None = None
    places: tuple[RowPlace, ...] = ()

    def to_error(self) -> PanelError:
        """Return the exception that says the same."""
        return PanelError(
            f"{self.message} Fix: {self.fix}", code=self.code, series=self.series, row=self.row, field=self.field
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {**asdict(self), "places": [one._asdict() for one in self.places]}


def column_error(code: str, field: str, message: str, fix: str) -> Finding:
    """Return an error about a whole column."""
    return Finding(code, "error", 1, None, None, message, fix, field)
