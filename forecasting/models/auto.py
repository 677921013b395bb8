"""Auto: the best of the family for the data and the time there is, or a few of them averaged; `fit` finds which.

What is left after `fit` is an `ensemble`, or one model, under this name; see `forecasting.training.auto`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from forecasting.config import is_count, require
from forecasting.heads import HEADS
from forecasting.members import MOST_MEMBERS, Member, read_members
from forecasting.models._config import FIRST_HEADS, ModelConfig


@dataclass(frozen=True)
class Config(ModelConfig):
    """Among what is chosen, and how.

    Attributes:
        candidates: models that compete, as the members of an `ensemble` are written; by rule
            (`forecasting.candidates`) when there are none.
        most_members: models that are averaged at most.
        seeds: more seeds of the best network that are tried, once all candidates are.
        windows: horizons held out at the end of each series, on which the candidates are compared; 0 is by rule.
    """

    learner: ClassVar[str] = "auto"
    reads_covariates: ClassVar[bool] = True
    scales_windows: ClassVar[bool] = False

    candidates: tuple[Member, ...] = ()
    most_members: int = 4
    seeds: int = 2
    windows: int = 0

    def __post_init__(self) -> None:
        candidates: Any = self.candidates
        object.__setattr__(self, "candidates", read_members(candidates) if candidates else ())
        valid = is_count(self.most_members) and self.most_members <= MOST_MEMBERS
        require(valid, "most_members", f"an integer from 1 to {MOST_MEMBERS}", self.most_members)
        for name in ("seeds", "windows"):
            require(is_count(getattr(self, name), 0), name, "an integer of at least 0", getattr(self, name))

    @property
    def scaling(self) -> str:
        """Each candidate scales its own windows."""
        return "none"

    @property
    def heads(self) -> tuple[str, ...]:
        """The head of every candidate that has a choice; the others keep the one they have."""
        return (*FIRST_HEADS, *(name for name in HEADS.names() if name not in (*FIRST_HEADS, "categorical")))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `from_dict` takes."""
        return {**super().to_dict(), "candidates": [member.to_dict() for member in self.candidates]}
