"""The members of an ensemble: which models, how much each counts, what each reads and how each is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from forecasting.config.strict import is_count, is_number, require
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.errors import ConfigError
from forecasting.models.spec import ModelSpec

#: Members at most: an answer runs all of them.
MOST_MEMBERS = 16


#: Fields of `Training` that hold for all members together, and what says nothing in them.
OF_ALL = {"calibration_windows": 0, "strategy": ""}


@dataclass(frozen=True)
class Member:
    """One model of an ensemble.

    Attributes:
        spec: the model and its choices.
        weight: how much it counts, above 0, relative to the other members.
        context_length: steps it looks back; as many as the ensemble when None.
        training: fields of `Training` in which its training differs from that of the ensemble, as (name, value).
    """

    spec: ModelSpec
    weight: float = 1.0
    context_length: int | None = None
    training: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        require(is_number(self.weight) and self.weight > 0, "weight", "a finite number above 0", self.weight)
        valid = self.context_length is None or is_count(self.context_length)
        require(valid, "context_length", "an integer of at least 1, or left out", self.context_length)
        if self.spec.members or not self.spec.is_built:
            text = f"A member of an ensemble is one model, and no {self.spec.model!r}."
            raise ConfigError(f"{text} Name the models themselves.", code="member_unfit", field="members")
        if self.spec.has_symbols:
            text = f"Members forecast numbers, and {self.spec.alias!r} forecasts symbols, which have no mean."
            raise ConfigError(f"{text} Use another head.", code="member_unfit", field="members")
        for name in (name for name, value in self.training if name in OF_ALL and value != OF_ALL[name]):
            text = f"A member has no `{name}` of its own: it is that of all. Say it in the `Training` of the ensemble."
            raise ConfigError(text, code="member_unfit", field=name)
        self.trained(Training())

    @classmethod
    def read(cls, value: Any) -> Self:
        """Return a member from a model's text (`gru:units=64`), from what `to_dict` gives, or from a member itself.

        Raises:
            ConfigError: it is none of these.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls(ModelSpec.parse(value))
        known = {field.name for field in dataclasses.fields(cls)}
        is_table = isinstance(value, Mapping) and "spec" in value and known.issuperset(value)
        if not is_table or not isinstance(value.get("training") or {}, Mapping):
            raise ConfigError(
                f"A member is a model such as 'gru:units=64', or a table of {', '.join(sorted(known))}. Got {value!r}.",
                code="invalid_config",
                field="members",
            )
        spec = value["spec"]
        spec = ModelSpec.from_dict(dict(spec)) if isinstance(spec, Mapping) else ModelSpec.parse(str(spec))
        training = tuple(sorted((value.get("training") or {}).items()))
        return cls(spec, value.get("weight", 1.0), value.get("context_length"), training)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `read` takes."""
        return {
            "spec": self.spec.to_dict(),
            "weight": self.weight,
            "context_length": self.context_length,
            "training": dict(self.training),
        }

    def task(self, task: Task) -> Task:
        """Return what this member forecasts as part of an ensemble of a task.

        Raises:
            ConfigError: it looks back further than the ensemble.
        """
        length = self.context_length or task.context_length
        require(length <= task.context_length, "context_length", f"at most that of all, {task.context_length}", length)
        return dataclasses.replace(
            task,
            context_length=length,
            quantile_levels=task.quantile_levels if self.spec.has_quantiles else (),
        )

    def trained(self, training: Training) -> Training:
        """Return how this member is trained in an ensemble that is trained like `training`, and within its time.

        Raises:
            ConfigError: a field of its own is unknown or has a value that means nothing.
        """
        return Training.from_dict({**training.to_dict(), **dict(self.training)}).within(training.time_limit)


def read_members(values: Any) -> tuple[Member, ...]:
    """Return members from a list, or from one text as the command line writes them.

    There `+` stands between two members and `;` between two fields of one: `ar+gru:units=64;layers=2`.

    Raises:
        ConfigError: a member is none, or there are none or too many.
    """
    members = tuple(Member.read(value) for value in texts_of(values))
    require(0 < len(members) <= MOST_MEMBERS, "members", f"1 to {MOST_MEMBERS} models", len(members))
    return members


def texts_of(values: Any) -> tuple[Any, ...]:
    """Return the parts of a list of models, or of one text in which `+` stands between them."""
    if isinstance(values, str):
        return tuple(part.strip().replace(";", ",") for part in values.split("+"))
    return tuple(values)
