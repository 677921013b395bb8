"""What all model configs share: how the model learns, which heads fit it, how windows are scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forecasting.config import StrictConfig, is_count, require
from forecasting.decoding import DECODINGS
from forecasting.layers.attention import ATTENTIONS
from forecasting.layers.forcing import SCHEDULES, is_forcing


@dataclass(frozen=True)
class ModelConfig(StrictConfig):
    """Base of every model's `Config`.

    Attributes:
        learner: file in `forecasting.training` that teaches the model.
        reads_covariates: whether the model reads covariates; the others let them pass, so that all models can be
            compared on the same data.
    """

    learner: ClassVar[str] = "gradient"
    reads_covariates: ClassVar[bool] = False

    @property
    def scaling(self) -> str:
        """Scheme of the window scaler where none is chosen."""
        return "standard"

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads that fit this model, the default one first."""
        return ("quantiles", "point")

    @property
    def feeds_back(self) -> bool:
        """Whether each step is forecast from the one before, so that roll-outs can be drawn."""
        return False


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
    """Base of the models with an encoder and a decoding.

    Attributes:
        decoding: name of a file in `forecasting.decoding`.
        width: units of the hidden layer that reads the features of a future step.
        dropout: share of activations dropped between layers while training.
        forcing: how often a decoder that goes step by step is fed the truth while it is trained: `free` (never),
            `teacher` (always), `linear`, `exponential`, `sigmoid` (ever more seldom), or a constant probability.
        attention: name of a file in `forecasting.layers.attention`.
    """

    reads_covariates: ClassVar[bool] = True

    decoding: str = "mimo"
    width: int = 64
    dropout: float = 0.0
    forcing: str | float = "free"
    attention: str = "none"

    def __post_init__(self) -> None:
        options = DECODINGS.load(self.decoding).OPTIONS
        require(is_count(self.width), "width", "an integer of at least 1", self.width)
        require(0 <= self.dropout < 1, "dropout", "in [0, 1)", self.dropout)
        allowed = f"one of {', '.join(SCHEDULES)}, or a number from 0 to 1"
        require(is_forcing(self.forcing), "forcing", allowed, self.forcing)
        ATTENTIONS.require(self.attention)
        for name in ("width", "forcing", "attention"):
            default = type(self).__dataclass_fields__[name].default
            free = name in options or getattr(self, name) == default
            require(free, name, f"left out: decoding {self.decoding!r} does not read it", getattr(self, name))

    @property
    def feeds_back(self) -> bool:
        """Whether the decoding goes step by step and its steps can be drawn."""
        return bool(DECODINGS.load(self.decoding).DRAWS)

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads that fit the decoding."""
        return tuple(DECODINGS.load(self.decoding).heads(self))
