"""Position (SegRNN's parallel multi-step decoding, Lin et al. 2023): each token is one step from the same memory."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width", "residual")


def feeds_back(config: Any) -> bool:
    """No: a token of the horizon is told where it lies, and nothing of the tokens before it."""
    return False
