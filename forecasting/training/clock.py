"""The clock that time limits are kept by."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

#: A limit that is used up already: a training ends at its first look.
LEAST_SECONDS = 1e-3


def now() -> float:
    """Return seconds since some moment of the past; never goes back."""
    return time.monotonic()


@dataclass(frozen=True)
class Budget:
    """A time that may be used.

    Attributes:
        seconds: the time.
        started: when it began.
    """

    seconds: float
    started: float = field(default_factory=lambda: now())

    @property
    def used(self) -> float:
        """Seconds since it began."""
        return now() - self.started

    @property
    def left(self) -> float:
        """Seconds that are left; below 0 where more was used."""
        return self.seconds - self.used

    def part(self, share: float) -> Budget:
        """Return a budget of a share of the time that began when this one did."""
        return Budget(share * self.seconds, self.started)
