"""DeepAR (Salinas et al. 2020): an LSTM that forecasts the distribution of the next step; forecasts are its paths."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` except cell, decoding and forcing, which are fixed; it reads single steps."""

    cell: str = field(default="lstm", init=False)
    decoding: str = field(default="recursive", init=False)
    forcing: str | float = field(default="teacher", init=False)
    units: int = 64
    layers: int = 2
    segment: int = 1

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of a model of the next step; `negative-binomial` is the one for counts."""
        return ("student-t", *(name for name in super().heads if name != "student-t"))
