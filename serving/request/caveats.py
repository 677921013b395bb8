"""What an answer says beside its numbers: everything that was repaired, or that weakens a forecast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caveat:
    """One of the `warnings` of a series.

    Attributes:
        code: short and stable.
        detail: a sentence; never a value of the series.
    """

    code: str
    detail: str
