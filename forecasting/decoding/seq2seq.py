"""Encoder-decoder (Sutskever, Vinyals & Le 2014; Cho et al. 2014): a second recurrence unrolls the horizon."""

from __future__ import annotations

from typing import Any

OPTIONS = ("forcing", "attention")


def feeds_back(config: Any) -> bool:
    """Not when trained on its own output: then a step's numbers are given the context alone."""
    return bool(config.forcing not in ("free", 0))
