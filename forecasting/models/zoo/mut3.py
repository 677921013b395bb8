"""MUT3 forecaster: the recurrent model with the third cell of Jozefowicz, Zaremba & Sutskever (2015)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` except the cell, which is fixed."""

    cell: str = field(default="mut3", init=False)
