"""What every experiment gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Result:
    """The numbers of an experiment and its pictures.

    Attributes:
        title: one line that says what was asked.
        rows: the numbers, one row per case, all with the same columns.
        figures: pictures by name.
    """

    title: str
    rows: list[dict[str, float | int | str]]
    figures: dict[str, Figure]
