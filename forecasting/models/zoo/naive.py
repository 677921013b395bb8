"""Naive: the last observed value, for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.config.task import Task
from forecasting.models.config import BaselineConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


@dataclass(frozen=True)
class Config(BaselineConfig):
    """The naive forecast has nothing to choose."""


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`."""
    from forecasting.layers.baselines import Naive

    return Naive(task.horizon, name="core")
