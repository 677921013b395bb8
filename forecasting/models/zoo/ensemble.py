"""Ensemble: several models side by side, whose forecasts are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from forecasting.models.config import ModelConfig
from forecasting.models.spec import Member, read_members


@dataclass(frozen=True)
class Config(ModelConfig):
    """Who the members are; `forecasting.network.ensemble` says how they are combined.

    Attributes:
        members: models as texts, or tables of `spec`, `weight`, `context_length` and `training` (see
            `forecasting.models.spec.Member`). A text lists them as in `ar+gru:units=64;layers=2`.
    """

    learner: ClassVar[str] = "members"
    scales_windows: ClassVar[bool] = False

    members: tuple[Member, ...] = ("ar", "seasonal-naive")  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", read_members(self.members))

    @property
    def parts(self) -> tuple[Member, ...]:
        """The members."""
        return self.members

    @property
    def scaling(self) -> str:
        """Each member scales its own windows."""
        return "none"

    @property
    def heads(self) -> tuple[str, ...]:
        """Quantiles where a member has some, else points; each member has a head of its own."""
        return ("quantiles",) if any(member.spec.has_quantiles for member in self.members) else ("point",)

    @property
    def reads_covariates(self) -> bool:  # type: ignore[override]
        """Whether any member reads covariates; the others let them pass."""
        return any(member.spec.config.reads_covariates for member in self.members)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `from_dict` takes."""
        return {"members": [member.to_dict() for member in self.members]}
