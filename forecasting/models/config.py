"""What all model configs share: how the model learns, which heads fit it, how windows are scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from forecasting.config.space import OneOf, Space
from forecasting.config.strict import StrictConfig, is_count, require
from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.layers.attention import ATTENTIONS, NO_ATTENTION
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.forcing import SCHEDULES, is_forcing
from forecasting.layers.residuals import NO_RESIDUAL, RESIDUALS


@dataclass(frozen=True)
class ModelConfig(StrictConfig):
    """Base of every model's `Config`.

    Attributes:
        learner: file in `forecasting.training.learners` that teaches the model.
        reads_covariates: whether the model reads covariates; the others let them pass, so that all models can be
            compared on the same data.
        scales_windows: whether the network has a window scaler; what is made of several models leaves that to them.
        is_found: whether `fit` finds the model by trying others; until then there is no network to build.
    """

    learner: ClassVar[str] = "gradient"
    reads_covariates: ClassVar[bool] = False
    scales_windows: ClassVar[bool] = True
    is_found: ClassVar[bool] = False

    @property
    def parts(self) -> tuple[Any, ...]:
        """The members of an ensemble, each a `Member`, whose spec has such a config; none of one model."""
        return ()

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

    @property
    def has_attention(self) -> bool:
        """Whether it says which past steps a forecast looks at."""
        return False

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """Return which values are worth trying, by field (and `scaling`), where a search may choose.

        Fields that a subclass fixes need not be left out.
        """
        return {}

    def for_head(self, head: HeadSpec, chosen: Mapping[str, Any]) -> Self:
        """Return the config as it goes with a head; fields that were `chosen` stay as they are.

        Raises:
            ConfigError: a chosen field does not go with the head.
        """
        return self


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
        decoding: name of a file in `forecasting.layers.decoders`.
        width: units of the hidden layer that reads the features of a future step.
        dropout: share of activations dropped between layers while training.
        forcing: how often a decoder that goes step by step is fed the truth while it is trained: `free` (never),
            `teacher` (always), `linear`, `exponential`, `sigmoid` (ever more seldom), or a constant probability.
        attention: name of a file in `forecasting.layers.attention`; `none` reads the same summary at every step.
        residual: name of a file in `forecasting.layers.residuals`: the base forecast whose error the network predicts;
            `none` leaves all to the network.
    """

    reads_covariates: ClassVar[bool] = True

    decoding: str = "mimo"
    width: int = 64
    dropout: float = 0.0
    forcing: str | float = "free"
    attention: str = NO_ATTENTION
    residual: str = NO_RESIDUAL

    def __post_init__(self) -> None:
        options = DECODINGS.traits(self.decoding, DecodingTraits).reads
        require(is_count(self.width), "width", "an integer of at least 1", self.width)
        require(0 <= self.dropout < 1, "dropout", "in [0, 1)", self.dropout)
        allowed = f"one of {', '.join(SCHEDULES)}, or a number from 0 to 1"
        require(is_forcing(self.forcing), "forcing", allowed, self.forcing)
        ATTENTIONS.require(self.attention)
        if self.residual != NO_RESIDUAL:
            RESIDUALS.require(self.residual)
        for name in ("width", "forcing", "attention", "residual"):
            default = type(self).__dataclass_fields__[name].default
            free = name in options or getattr(self, name) == default
            require(free, name, f"left out: decoding {self.decoding!r} does not read it", getattr(self, name))

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """What every network may be given; see `ModelConfig.search`."""
        return {"dropout": OneOf((0.0, 0.1, 0.2, 0.3, 0.4)), "scaling": OneOf(("standard", "last", "mean"))}

    @property
    def feeds_back(self) -> bool:
        """Whether the decoding is a model of the next step, so that steps can be drawn one after the other."""
        return DECODINGS.traits(self.decoding, DecodingTraits).feeds_back(self.forcing)

    @property
    def has_attention(self) -> bool:
        """Whether the decoder looks back at the tokens of the context."""
        return self.attention != NO_ATTENTION

    @property
    def heads(self) -> tuple[str, ...]:
        """All heads that fit the decoding, the simpler ones first.

        The quantiles of a model of the next step are given the step before, and too narrow further on. So such a model
        takes no head that gives quantiles and cannot be drawn from.
        """
        names = sorted(HEADS.names(), key=lambda name: (*(name != one for one in FIRST_HEADS), name))
        if self.residual != NO_RESIDUAL:
            names = [name for name in names if HeadSpec(name).traits.has_location]
        return tuple(name for name in names if not self.feeds_back or fits_next_step(HeadSpec(name)))

    def for_head(self, head: HeadSpec, chosen: Mapping[str, Any]) -> Self:
        """Return the config with `forcing` "teacher" where a distribution is that of the next step.

        Its quantiles are those of paths, each of whose steps is given the one drawn before; so the distribution must
        be taught given the true one before.

        Raises:
            ConfigError: another `forcing` is given.
        """
        if not (head.traits.is_distribution and self.feeds_back) or self.forcing in ("teacher", 1):
            return self
        if "forcing" in chosen:
            raise ConfigError(
                f"`forcing` must be 'teacher' with head {head.name!r} and decoding {self.decoding!r}: paths are drawn "
                f"from the distribution of each step given the one before. Got {self.forcing!r}. Leave it out.",
                code="forcing_unfit",
                field="forcing",
            )
        return dataclasses.replace(self, forcing="teacher")


#: Heads that are taken by default, where they fit.
FIRST_HEADS = ("quantiles", "point")


def fits_next_step(head: HeadSpec) -> bool:
    """Whether a head says something of the steps after the next one."""
    return head.traits.is_distribution or not head.traits.has_quantiles
