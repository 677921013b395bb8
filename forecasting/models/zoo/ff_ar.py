"""Feed-forward autoregression: a multilayer perceptron over the lags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.config.space import Between, OneOf, Space
from forecasting.config.strict import is_count, require
from forecasting.config.task import Task
from forecasting.models.config import DecodedConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


@dataclass(frozen=True)
class Config(DecodedConfig):
    """Size of the perceptron.

    Attributes:
        units: width of the hidden layers.
        layers: number of hidden layers.
    """

    units: int = 256
    layers: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("units", "layers"):
            require(is_count(getattr(self, name)), name, "an integer of at least 1", getattr(self, name))

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """Width and depth."""
        return {**super().search(task), "units": OneOf((32, 64, 128, 256, 512)), "layers": Between(1, 4)}


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`."""
    from forecasting.layers.perceptron import PerceptronEncoder
    from forecasting.layers.statics import static_width
    from forecasting.models.decoded import decoded_core

    def encoder(name: str) -> PerceptronEncoder:
        return PerceptronEncoder(config.units, config.layers, config.dropout, static_width(task), name=name)

    return decoded_core(encoder, config, task, head)
