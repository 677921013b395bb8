"""Auto: the best of the family for the data and the time there is, or a few of them averaged; `fit` finds which.

What is left after `fit` is an `ensemble`, or one model, under this name; see `forecasting.auto`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from forecasting.config.strict import is_count, require
from forecasting.errors import ConfigError
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.models.config import FIRST_HEADS, ModelConfig
from forecasting.models.spec import MOST_MEMBERS, Member, read_members


@dataclass(frozen=True)
class Config(ModelConfig):
    """Among what is chosen, and how.

    Attributes:
        candidates: models that compete, as the members of an `ensemble` are written; by rule
            (`forecasting.auto.proposals`) when there are none.
        most_members: models that are averaged at most.
        seeds: more seeds of the best network that are tried, once all candidates are.
        windows: horizons held out at the end of each series, on which the candidates are compared; 0 is by rule.
    """

    learner: ClassVar[str] = "auto"
    reads_covariates: ClassVar[bool] = True
    scales_windows: ClassVar[bool] = False
    is_found: ClassVar[bool] = True

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
        """The head of every candidate that it fits and that has chosen no other; see `for_head`."""
        return (*FIRST_HEADS, *(name for name in HEADS.names() if name not in (*FIRST_HEADS, "categorical")))

    def for_head(self, head: HeadSpec, chosen: Mapping[str, Any]) -> Self:
        """Return the config with this head for the candidates that it fits and that have the one of their default.

        Raises:
            ConfigError: a candidate has quantiles, which no forecast with this head has.
        """
        candidates = tuple(_with_head(member, head) for member in self.candidates)
        unfit = [member.spec for member in candidates if member.spec.has_quantiles and not head.traits.has_quantiles]
        if unfit:
            raise ConfigError(
                f"`head` of candidate {unfit[0].alias!r} is {unfit[0].head!r}, which forecasts quantiles, and that of "
                f"all is {head.name!r}, which has none. Leave the candidate's out, or take another for all.",
                code="head_unfit",
                field="candidates",
            )
        return dataclasses.replace(self, candidates=candidates)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `from_dict` takes."""
        return {**super().to_dict(), "candidates": [member.to_dict() for member in self.candidates]}


def _with_head(member: Member, head: HeadSpec) -> Member:
    is_chosen = member.spec.head != member.spec.config.heads[0]
    return member if is_chosen else dataclasses.replace(member, spec=member.spec.with_head(head))
