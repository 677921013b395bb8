"""Bidirectional forecaster: the context is read forwards and backwards (Graves & Schmidhuber 2005)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` with a stack that reads both ways."""

    stack: str = field(default="bidirectional", init=False)
