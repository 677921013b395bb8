"""Which learner with which options: how a user asks for another way of teaching than the model's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Self

from forecasting.catalog import Catalog
from forecasting.config import Training
from forecasting.errors import ConfigError
from forecasting.model_spec import ModelSpec, read_field

#: Named here, not imported: a model that is loaded loads no training code.
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
        parts = [part for part in rest.split(",") if part]
        return cls(name, dict(read_field(part, text, "learner", "truncated:chunk=48") for part in parts))

    @classmethod
    def chosen(cls, training: Training, spec: ModelSpec) -> Self:
        """Return the learner that the training asks for, the model's own where it asks for none."""
        return cls.parse(training.learner or spec.config.learner)

    def load(self, spec: ModelSpec) -> tuple[ModuleType, Any]:
        """Import the learner for a model.

        Returns:
            The module, and its `Config` made from the options; the model's config where the learner has no options.

        Raises:
            ConfigError: the model is not for this learner, or an option is unknown or means nothing.
        """
        module = LEARNERS.load(self.name)
        own = spec.config.learner
        if self.name != own and getattr(module, "INSTEAD_OF", None) != own:
            raise ConfigError(
                f"Learner {self.name!r} does not teach model {spec.model!r}, which learns by {own!r}. Leave `learner` "
                "empty, or choose a model that is taught by gradient, such as gru, and a learner for those.",
                code="learner_unfit",
                field="learner",
            )
        if hasattr(module, "Config"):
            return module, module.Config.from_dict(self.options)
        if self.options:
            raise ConfigError(
                f"Learner {self.name!r} has no options of its own. Got {', '.join(self.options)}.",
                code="unknown_field",
                field="learner",
            )
        return module, spec.config


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
