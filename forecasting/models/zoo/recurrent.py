"""Recurrent forecasters: stacked recurrent layers over single steps or segments of the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.config.space import Between, OneOf, Space
from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.layers.encoders import STACKS
from forecasting.layers.recurrent import CELLS
from forecasting.models.config import DecodedConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core

#: Steps of a season up to which single steps are cheap enough to be tried as tokens.
FEW_STEPS = 12


@dataclass(frozen=True)
class Config(DecodedConfig):
    """Cell, size and segments.

    Attributes:
        cell: name of a recurrent cell.
        units: width of the state.
        layers: stacked layers, 1 to 4.
        stack: name of a file in `forecasting.layers.stacks`: how the layers are stacked.
        segment: steps read as one token; 0 takes the shortest season of the task, 1 reads single steps.
    """

    cell: str = "gru"
    units: int = 256
    layers: int = 1
    stack: str = "plain"
    segment: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        CELLS.require(self.cell)
        STACKS.require(self.stack)
        require(is_count(self.units), "units", "an integer of at least 1", self.units)
        require(is_count(self.layers) and self.layers <= 4, "layers", "an integer from 1 to 4", self.layers)
        require(is_count(self.segment, 0), "segment", "an integer of at least 0", self.segment)

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """Width, depth and segments: whole seasons, halves, quarters, and single steps where a season has few."""
        season = task.season[0]
        parts = [season // share for share in (2, 4) if season % share == 0 and season // share >= 3]
        segments = (0, *parts, *((1,) if 1 < season <= FEW_STEPS else ()))
        sizes: dict[str, Space] = {
            "units": OneOf((32, 64, 128, 256, 512)),
            "layers": Between(1, 3),
            "segment": OneOf(segments),
        }
        return {**super().search(task), **sizes}


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`."""
    from forecasting.layers.statics import static_width
    from forecasting.models.decoded import decoded_core

    segment = min(config.segment or task.season[0], task.context_length)
    stack = STACKS.load(config.stack).Encoder

    def encoder(name: str) -> Any:
        sizes = (config.cell, config.units, config.layers, config.dropout)
        return stack(*sizes, embed=segment > 1, static=static_width(task), name=name)

    return decoded_core(encoder, config, task, head, segment, config.cell)
