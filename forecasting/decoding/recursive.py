"""Recursive: a model of the next token, fed with its own output."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width", "forcing")
DRAWS = True


def heads(config: Any) -> tuple[str, ...]:
    """A point: the quantiles of a model of the next step are given the step before, and too narrow further on.

    So are the probabilities of symbols, given that those before were the forecast ones; they are what
    `Forecaster.sample` needs.
    """
    return ("point", "categorical")
