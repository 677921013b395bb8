"""Encoder-decoder forecaster that looks back at the context at every step (Bahdanau, Cho & Bengio 2015)."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` with a decoder of its own that attends to the tokens of the context."""

    decoding: str = field(default="seq2seq", init=False)
    attention: str = "additive"
