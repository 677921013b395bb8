"""DirRec (Sorjamaa & Lendasse 2006): one network per step, which also reads the forecasts of the earlier steps."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width",)
DRAWS = False


def heads(config: Any) -> tuple[str, ...]:
    """Any head: what is fed back is a function of the context, so a step's quantiles are given the context alone."""
    return ("quantiles", "point", "categorical")
