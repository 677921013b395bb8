"""Hidden Markov model: one of a few hidden states decides what is observed, and which state comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forecasting.config.space import Between, Space
from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.models.config import ModelConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


@dataclass(frozen=True)
class Config(ModelConfig):
    """Number of states, and the effort to find them.

    Attributes:
        states: hidden states.
        restarts: fits from different random starts, of which the likeliest is kept: the likelihood has many peaks.
    """

    learner: ClassVar[str] = "expectation-maximisation"

    states: int = 4
    restarts: int = 4

    def __post_init__(self) -> None:
        for name in ("states", "restarts"):
            require(is_count(getattr(self, name)), name, "an integer of at least 1", getattr(self, name))

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """Number of hidden states."""
        return {"states": Between(2, 12)}

    @property
    def heads(self) -> tuple[str, ...]:
        """Normal distributions for numbers, probabilities for symbols."""
        return ("quantiles", "point", "categorical")


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`."""
    from forecasting.layers.hidden_markov import CategoricalEmission, GaussianEmission, HiddenMarkov

    if task.symbols:
        emission: Any = CategoricalEmission(config.states, len(task.symbols), name="emission")
    else:
        emission = GaussianEmission(config.states, head.levels, name="emission")
    return HiddenMarkov(task.horizon, config.states, emission, head, name="core")
