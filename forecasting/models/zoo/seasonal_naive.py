"""Seasonal naive: the value of the same phase in the last season in which it was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.models.config import BaselineConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


@dataclass(frozen=True)
class Config(BaselineConfig):
    """Which season is repeated.

    Attributes:
        period: steps of the season; 0 takes the longest season of the task that fits the context.
    """

    period: int = 0

    def __post_init__(self) -> None:
        require(is_count(self.period, 0), "period", "an integer of at least 0", self.period)


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`.

    Raises:
        ConfigError: the period does not fit into the context.
    """
    from forecasting.layers.baselines import SeasonalNaive

    fitting = [period for period in task.season if period <= task.context_length]
    period = config.period or (fitting[-1] if fitting else 1)
    require(period <= task.context_length, "period", f"at most the context_length {task.context_length}", period)
    return SeasonalNaive(task.horizon, period, name="core")
