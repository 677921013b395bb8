"""Encoder-decoder forecaster: a second recurrence unrolls the horizon (Sutskever, Vinyals & Le 2014)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` with a decoder of its own."""

    decoding: str = field(default="seq2seq", init=False)
