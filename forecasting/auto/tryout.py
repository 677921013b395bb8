"""What came of trying one model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.auto.proposals import Proposal
from forecasting.errors import NotFittedError
from forecasting.training.learned import Fit


@dataclass(frozen=True, eq=False)
class Tryout:
    """A proposal, and what came of it.

    Attributes:
        proposal: the model.
        fit: the trained model; None where it was left out or failed.
        forecast: [W, H] its answers at the held-out origins; None where there are none.
        error: their mean scaled error; see `HeldOut.error`.
        seconds: wall-clock time of fitting and measuring.
        note: why it was left out, failed or ended early.
    """

    proposal: Proposal
    fit: Fit | None = None
    forecast: NDArray[np.float64] | None = None
    error: float = math.inf
    seconds: float = 0.0
    note: str = ""

    @property
    def learner(self) -> str:
        """By what the model learns."""
        return self.proposal.member.spec.config.learner

    @property
    def has_quantiles(self) -> bool:
        """Whether the model gives quantiles."""
        return self.proposal.member.spec.has_quantiles

    @property
    def fitted(self) -> Fit:
        """The trained model.

        Raises:
            NotFittedError: there is none.
        """
        if self.fit is None:
            raise NotFittedError(f"{self.proposal.name} is not fitted.", code="not_fitted")
        return self.fit
