"""A candidate of a search: a forecaster some of whose choices are open, and which values they may take."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forecasting.choices import Choices
from forecasting.config.space import OneOf, Space
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from forecasting.forecaster import Forecaster
from forecasting.models.spec import ModelSpec

#: What stands before the name of a field of a model's config and of `Training`; the other choices have their own names.
MODEL, TRAINING = "model.", "training."


@dataclass(frozen=True)
class Candidate:
    """A forecaster and what is chosen about it; everything else that has a space is open.

    Choices that are not at their defaults count as chosen.

    Attributes:
        forecaster: unfitted, with all choices made so far.
        fixed: names of further choices that stay: `units`, `scaling`, `context_length`, `training.steps`.
    """

    forecaster: Forecaster
    fixed: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        spec = self.forecaster.spec
        config = {one.name for one in dataclasses.fields(spec.config) if one.init}
        training = {TRAINING + one.name for one in dataclasses.fields(Training)}
        known = {*config, *training, "head", "scaling", "alias", "context_length"}
        unknown = sorted(self.fixed - known)
        if unknown:
            text = f"{spec.alias} has no choice {unknown[0]!r} that could be fixed. Known: {', '.join(sorted(known))}."
            raise ConfigError(text, code="unknown_field", field=unknown[0])

    @property
    def choices(self) -> Choices:
        """What was chosen."""
        return self.forecaster.choices

    @property
    def spec(self) -> ModelSpec:
        """The model as it was chosen."""
        return self.choices.spec

    def spaces(self, panel: Panel) -> dict[str, Space]:
        """Return the open choices with their spaces, which hold the defaults too; choices of one value are none.

        Args:
            panel: the data that trials are fitted on.
        """
        task = self.choices.task_for(panel)
        defaults = self.defaults(task)
        found = {name: space.including(defaults[name]) for name, space in self.candidates(panel, task).items()}
        return {name: space for name, space in found.items() if space.is_open}

    def candidates(self, panel: Panel, task: Task) -> dict[str, Space]:
        """Return the space of every choice that is not made, the defaults not yet among them."""
        from forecasting.data.defaults import context_lengths_worth_trying
        from forecasting.training.learner import Teaching

        learner = Teaching.of(self.spec, self.choices.training).learner
        if self.spec.members or not self.spec.is_built:  # the choices are those of other models
            return {}
        spaces = {TRAINING + name: space for name, space in learner.search.items()}
        if self.spec.config.learner != "nothing":
            lengths = context_lengths_worth_trying(panel, task.horizon, task.season)
            spaces["context_length"] = OneOf(lengths)
        sizes = {} if learner.online else self.spec.config.search(task)  # online ones need small networks
        spaces |= {name if name == "scaling" else MODEL + name: space for name, space in sizes.items()}
        return {name: space for name, space in spaces.items() if not self.is_chosen(name)}

    def is_chosen(self, name: str) -> bool:
        """Whether a choice is not open: it was made, is not at its default, or follows from another one."""
        if name == "context_length":
            return name in self.fixed or self.choices.context_length is not None
        if name == "scaling":
            usual = ModelSpec.of(self.spec.model).scaling
            return name in self.fixed or self.spec.has_symbols or self.spec.scaling != usual
        holder: Any = self.spec.config
        if name.startswith(TRAINING):
            holder, plain, given = self.choices.training, name.removeprefix(TRAINING), name
        else:
            plain = given = name.removeprefix(MODEL)
        fields = type(holder).__dataclass_fields__
        usual = fields[plain].default
        return given in self.fixed or not fields[plain].init or getattr(holder, plain) != usual

    def defaults(self, task: Task) -> dict[str, Any]:
        """Return every choice as it is where a search does not change it."""
        config = {MODEL + name: value for name, value in self.spec.config.to_dict().items()}
        training = {TRAINING + name: value for name, value in self.choices.training.to_dict().items()}
        return {**config, **training, "scaling": self.spec.scaling, "context_length": task.context_length}

    def with_choices(self, values: Mapping[str, Any]) -> Forecaster:
        """Return an unfitted forecaster with the open choices made.

        Args:
            values: by the names of `spaces`.

        Raises:
            ConfigError: the values do not go together.
        """
        config = {name.removeprefix(MODEL): value for name, value in values.items() if name.startswith(MODEL)}
        training = {name.removeprefix(TRAINING): value for name, value in values.items() if name.startswith(TRAINING)}
        made = self.spec.to_dict()
        made["config"] |= config
        made["scaling"] = values.get("scaling", self.spec.scaling)
        made["alias"] = self.name
        changes: dict[str, Any] = {"spec": ModelSpec.from_dict(made)}
        changes["training"] = self.choices.training.replace(**training)
        changes["context_length"] = values.get("context_length", self.choices.context_length)
        return Forecaster.of(self.choices.replace(**changes))

    @property
    def name(self) -> str:
        """The alias of the forecasters made; a text with choices would name choices that a search has changed."""
        alias = self.spec.alias
        return self.spec.model if any(mark in alias for mark in ",=:") else alias
