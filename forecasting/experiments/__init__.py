"""Experiments that show why a forecaster is built as it is. One file each, found by its file name.

An experiment module has `run(quick=False, seed=1) -> Result`. The first line of its docstring says what it shows;
`quick` is a version of seconds, for looking at the shape of the answer and for tests. `READS_DATA` says whether `run`
also takes `frame`, a long frame to run on beside its own data, and its `horizon`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecasting.config.catalog import Catalog

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENTS = Catalog(__name__, "experiment")


@dataclass(frozen=True)
class Result:
    """What every experiment returns: a table and pictures.

    Attributes:
        title: what the table shows.
        rows: one mapping per row, from column to number or word; a column may be missing in some rows.
        figures: pictures by name.
    """

    title: str
    rows: list[dict[str, float | int | str]]
    figures: dict[str, Figure] = field(default_factory=dict)
