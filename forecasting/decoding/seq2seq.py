"""Encoder-decoder (Sutskever, Vinyals & Le 2014; Cho et al. 2014): a second recurrence unrolls the horizon."""

from __future__ import annotations

from typing import Any

OPTIONS = ("forcing", "attention")
DRAWS = False


def heads(config: Any) -> tuple[str, ...]:
    """Any head when trained on its own output; fed with the truth, its quantiles are given the step before."""
    return ("quantiles", "point", "categorical") if config.forcing == "free" else ("point", "categorical")
