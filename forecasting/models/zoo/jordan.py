"""Jordan forecaster: the recurrent model with Jordan's cells, whose loop comes from the output (Jordan 1997)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` except the cell, which is fixed."""

    cell: str = field(default="jordan", init=False)
