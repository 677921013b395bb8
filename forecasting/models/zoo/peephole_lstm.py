"""Peephole LSTM forecaster: the recurrent model with the cells of Gers & Schmidhuber (2000)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` except the cell, which is fixed."""

    cell: str = field(default="peephole-lstm", init=False)
