"""Dilated forecaster: layer l goes on from its state of 2^l tokens ago (Chang et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` with a dilated stack, three layers where not said otherwise."""

    stack: str = field(default="dilated", init=False)
    layers: int = 3
