"""Cho GRU forecaster: the recurrent model with gated recurrent units as in Cho et al. (2014)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` except the cell, which is fixed."""

    cell: str = field(default="cho-gru", init=False)
