"""What every experiment returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Result:
    """A table and pictures.

    Attributes:
        title: what the table shows.
        rows: one mapping per row, from column to number or word; a column may be missing in some rows.
        figures: pictures by name.
    """

    title: str
    rows: list[dict[str, float | int | str]]
    figures: dict[str, Figure] = field(default_factory=dict)
