"""Recursive: a model of the next token, fed with its own output."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width", "forcing")


def feeds_back(config: Any) -> bool:
    """Yes."""
    return True
