"""ES-RNN (Smyl 2020): exponential smoothing, and a dilated recurrent stack with skips for what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.models.zoo import recurrent

build = recurrent.build


@dataclass(frozen=True)
class Config(recurrent.Config):
    """The fields of `recurrent` with `smoothing` as base forecast, and a stack of its own; both learn together.

    Smyl gives every series coefficients and a season of its own, which a series that was not trained on has not. Here
    the coefficients are read from the window (`forecasting.layers.exponential_smoothing`), so new ids and longer
    histories are answered like others; and level and season are added, not multiplied, so 0 and less may stand in them.
    """

    residual: str = field(default="smoothing", init=False)
    stack: str = field(default="dilated-skip", init=False)
    layers: int = 2
