"""Which learner with which options: how a user asks for another way of teaching than the model's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Self

from forecasting.catalog import Catalog
from forecasting.config import Training
from forecasting.errors import ConfigError
from forecasting.model_spec import ModelSpec
from forecasting.spec_text import config_of, read_fields

#: Named here, not in its package: a model that is loaded loads no training code.
LEARNERS = Catalog("forecasting.training", "learner")


@dataclass(frozen=True)
class LearnerSpec:
    """A learner and its options; the options are checked when the learner is loaded.

    Attributes:
        name: name of a file in `forecasting.training`.
        options: fields of that learner's `Config`.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:option=value,option=value`, as models are written.

        >>> LearnerSpec.parse("truncated:chunk=48").options
        {'chunk': 48}

        Raises:
            ConfigError: there is no such learner, or a part is not `option=value`.
        """
        name, _, rest = text.partition(":")
        LEARNERS.require(name)
        return cls(name, read_fields(rest, "learner", "truncated:chunk=48"))

    @classmethod
    def chosen(cls, training: Training, spec: ModelSpec) -> Self:
        """Return the learner that the training asks for, the model's own where it asks for none."""
        return cls.parse(training.learner or spec.config.learner)

    def teaches(self, spec: ModelSpec) -> bool:
        """Whether this learner is the model's own one, or may be chosen instead of it."""
        return spec.config.learner in (self.name, self.replaced)

    @property
    def replaced(self) -> str | None:
        """Name of the learner that this one may be chosen instead of; None for one that only teaches its own models."""
        return getattr(LEARNERS.load(self.name), "INSTEAD_OF", None)

    @property
    def is_shareable(self) -> bool:
        """Whether several devices can share the steps (`Training.strategy`)."""
        return getattr(LEARNERS.load(self.name), "IS_SHAREABLE", False)

    def load(self, spec: ModelSpec) -> tuple[ModuleType, Any]:
        """Import the learner for a model.

        Returns:
            The module, and its `Config` made from the options; the model's config where the learner has no options.

        Raises:
            ConfigError: the model is not for this learner, or an option is unknown or means nothing.
        """
        if not self.teaches(spec):
            other = f", or choose a model that learns by {self.replaced!r}" if self.replaced else ""
            raise ConfigError(
                f"Learner {self.name!r} does not teach model {spec.model!r}, which learns by {spec.config.learner!r}. "
                f"Leave `learner` empty{other}.",
                code="learner_unfit",
                field="learner",
            )
        module = LEARNERS.load(self.name)
        config = config_of(module, self.options, f"Learner {self.name!r}", "learner")
        return module, spec.config if config is None else config


def require_calibratable(training: Training, spec: ModelSpec, learner: ModuleType) -> int:
    """Return how many horizons are held out for calibration; 0 where none are asked for.

    Raises:
        ConfigError: the model forecasts symbols, or its learner goes on learning after the calibration.
    """
    windows = training.calibration_windows
    if windows and spec.has_symbols:
        code, text = "calibration_symbols", "symbols have probabilities, and no intervals"
    elif windows and hasattr(learner, "online"):
        code, text = "calibration_online", "an online learner changes with every row, and would outgrow it"
    else:
        return windows
    message = f"`calibration_windows` must be 0 here: {text}. Got {windows}."
    raise ConfigError(message, code=code, field="calibration_windows")


def require_shareable(training: Training, spec: ModelSpec) -> None:
    """Raise a `ConfigError` when several devices are asked for and the learner of the model cannot share its steps."""
    learner = LearnerSpec.chosen(training, spec)
    if training.strategy and not learner.is_shareable:
        raise ConfigError(
            f"strategy={training.strategy!r} shares batches of windows among devices, and {learner.name!r}, by which "
            f"{spec.alias!r} learns, has none. Leave `strategy` empty, or take a model that learns by 'gradient'.",
            code="strategy_unfit",
            field="strategy",
        )
