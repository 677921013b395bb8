"""Direct: one network per step (per segment where steps are read in segments), nothing shared between them."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width",)
DRAWS = False


def heads(config: Any) -> tuple[str, ...]:
    """Any head: every step has numbers of its own."""
    return ("quantiles", "point", "categorical")
