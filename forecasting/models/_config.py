"""What all model configs share: how the model learns, which heads fit it, how windows are scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forecasting.config import StrictConfig, is_count, require
from forecasting.decoding import DECODERS


@dataclass(frozen=True)
class ModelConfig(StrictConfig):
    """Base of every model's `Config`.

    Attributes:
        learner: file in `forecasting.training` that teaches the model.
    """

    learner: ClassVar[str] = "gradient"

    @property
    def scaling(self) -> str:
        """Scheme of the window scaler where none is chosen."""
        return "standard"

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads that fit this model, the default one first."""
        return ("quantiles", "point")


@dataclass(frozen=True)
class BaselineConfig(ModelConfig):
    """Base of the models that learn nothing: a point per step, in original units."""

    learner: ClassVar[str] = "nothing"

    @property
    def scaling(self) -> str:
        """Baselines are exact in original units."""
        return "none"

    @property
    def heads(self) -> tuple[str, ...]:
        """A baseline gives a point."""
        return ("point",)


@dataclass(frozen=True)
class DecodedConfig(ModelConfig):
    """Base of the encoder-decoder models.

    Attributes:
        decoding: `mimo` answers all steps at once; `recursive` feeds each forecast back.
        width: units of the hidden layer that reads the calendar of a future step.
        dropout: share of activations dropped between layers while training.
    """

    decoding: str = "mimo"
    width: int = 64
    dropout: float = 0.0

    def __post_init__(self) -> None:
        DECODERS.require(self.decoding)
        require(is_count(self.width), "width", "an integer of at least 1", self.width)
        require(0 <= self.dropout < 1, "dropout", "in [0, 1)", self.dropout)

    @property
    def heads(self) -> tuple[str, ...]:
        """Fed back, quantiles would be conditional ones and too narrow: recursion takes a point."""
        return ("point",) if self.decoding == "recursive" else ("quantiles", "point")
