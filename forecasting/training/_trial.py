"""What came of one candidate of `auto`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from forecasting.candidates import Candidate
from forecasting.fitting import Fit


@dataclass
class Trial:
    """A candidate, and what came of it.

    Attributes:
        candidate: the model.
        fit: the trained model; None where it was left out or failed.
        forecast: [W, H] its answers at the held-out origins.
        error: their mean scaled error; see `HeldOut.error`.
        seconds: wall-clock time of fitting and measuring.
        weight: its part of the forecast that was chosen.
        fitted_on: what the model that is kept has learnt from.
        note: why it was left out, failed or ended early.
    """

    candidate: Candidate
    fit: Fit | None = None
    forecast: Any = None
    error: float = math.inf
    seconds: float = 0.0
    weight: float = 0.0
    fitted_on: str = ""
    note: str = ""

    @property
    def learner(self) -> str:
        """By what the model learns."""
        return str(self.candidate.member.spec.config.learner)

    @property
    def has_quantiles(self) -> bool:
        """Whether the model gives quantiles."""
        return self.candidate.member.spec.has_quantiles

    def row(self) -> dict[str, Any]:
        """Return the row of the leaderboard."""
        return {
            "model": self.candidate.name,
            "error": self.error if math.isfinite(self.error) else None,
            "seconds": round(self.seconds, 3),
            "weight": round(self.weight, 4),
            "fitted_on": self.fitted_on,
            "note": self.note,
            "reason": self.candidate.reason,
        }
