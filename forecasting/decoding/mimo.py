"""Multiple input, multiple output: one network answers all steps at once."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width", "residual")


def feeds_back(config: Any) -> bool:
    """No: every step has numbers of its own."""
    return False
