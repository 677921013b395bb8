"""Multiple input, multiple output: one network answers all steps at once."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width",)
DRAWS = False


def heads(config: Any) -> tuple[str, ...]:
    """Any head: every step has numbers of its own."""
    return ("quantiles", "point", "categorical")
