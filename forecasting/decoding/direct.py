"""Direct: one network per step (per segment where steps are read in segments), nothing shared between them."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width", "residual")


def feeds_back(config: Any) -> bool:
    """No: every step has numbers of its own."""
    return False
