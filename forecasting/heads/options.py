"""The base of the options that a head may have."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.config.strict import StrictConfig


@dataclass(frozen=True)
class HeadConfig(StrictConfig):
    """Base of every head's `Config`."""

    @property
    def degree(self) -> int:
        """By which power of the errors the loss grows."""
        return 1
