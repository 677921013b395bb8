"""Which model with which choices, alone or as a member of an ensemble: what of a forecaster is not the task."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from forecasting.config.scaling import SCHEMES
from forecasting.config.strict import is_count, is_number, require, require_known
from forecasting.config.task import Task
from forecasting.config.text import read_fields, write_fields
from forecasting.config.training import Training
from forecasting.errors import ConfigError, PanelError
from forecasting.heads.spec import HeadSpec
from forecasting.models import MODELS

if TYPE_CHECKING:
    from forecasting.models.config import ModelConfig

logger = logging.getLogger("forecasting")


#: Members at most: an answer runs all of them.
MOST_MEMBERS = 16

#: Fields of `Training` that hold for all members together, and what says nothing in them.
OF_ALL = {"calibration_windows": 0, "strategy": ""}


@dataclass(frozen=True)
class ModelSpec:
    """A model, its config, its head and its scaling, all checked.

    Attributes:
        model: name of a file in `forecasting.models.zoo`.
        config: that model's `Config`.
        head: name of a file in `forecasting.heads.families`, with its options as in `mixture-density:components=5`.
        scaling: one of `SCHEMES`.
        alias: name of the forecast column.
    """

    model: str
    config: ModelConfig
    head: str
    scaling: str
    alias: str

    @classmethod
    def of(
        cls,
        model: str,
        config: dict[str, Any] | None = None,
        *,
        head: str | None = None,
        scaling: str | None = None,
        alias: str | None = None,
    ) -> Self:
        """Fill in what was not said from the model's defaults.

        Raises:
            ConfigError: the model, a config field, its value, the head or the scaling is not one that exists or fits.
        """
        model_config = MODELS.load(model).Config.from_dict(config or {})
        chosen = HeadSpec.parse(head or model_config.heads[0])
        if chosen.name not in model_config.heads:
            fitting = ", ".join(model_config.heads)
            raise ConfigError(
                f"`head` {chosen.name!r} does not fit model {model!r} with {model_config.to_dict()}. "
                f"Fitting: {fitting}.",
                code="head_unfit",
                field="head",
            )
        model_config = model_config.for_head(chosen, config or {})
        if (chosen.traits.has_symbols or not model_config.scales_windows) and scaling not in (None, "none"):
            reason = f"with head {chosen.name!r}: codes of symbols have no size"
            if not chosen.traits.has_symbols:
                reason = f"for {model!r}: each of its models scales its own windows"
            text = f"`scaling` must be 'none' {reason}. Got {scaling!r}."
            raise ConfigError(text, code="scaling_unfit", field="scaling")
        scaling = "none" if chosen.traits.has_symbols else scaling or model_config.scaling
        require(scaling in SCHEMES, "scaling", f"one of {', '.join(SCHEMES)}", scaling)
        return cls(model, model_config, chosen.text, scaling, alias or model)

    @classmethod
    def resolve(cls, model: str | Self, config: dict[str, Any], **choices: Any) -> Self:
        """Return the spec of a model's name with choices, of a text as `parse` reads it, or a spec as it is.

        Args:
            model: `gru`, `gru:units=64`, or a spec.
            config: fields of the model's `Config`, beside a name alone.
            **choices: those of `of`, beside a name alone; None says nothing.

        Raises:
            ConfigError: as `of`; or there are choices beside a text or a spec that has its own.
        """
        if isinstance(model, str) and ":" not in model:
            return cls.of(model, config, **choices)
        beside = [*config, *(name for name, one in choices.items() if one is not None)]
        if beside:
            name = model if isinstance(model, str) else model.alias
            raise ConfigError(
                f"{name!r} says its choices itself. Got {', '.join(beside)} beside it. Say them in one place: "
                "'gru:units=64', or 'gru' and units=64.",
                code="said_twice",
                field=beside[0],
            )
        return cls.parse(model) if isinstance(model, str) else model

    def with_head(self, head: HeadSpec) -> Self:
        """Return the model with another head; as it is where that head does not fit it.

        Raises:
            ConfigError: a choice of the model does not go with the head.
        """
        if head.name not in self.config.heads:
            return self
        usual = type(self.config)().to_dict()
        chosen = {name: one for name, one in self.config.to_dict().items() if one != usual[name]}
        return dataclasses.replace(self, config=self.config.for_head(head, chosen), head=head.text)

    @property
    def head_spec(self) -> HeadSpec:
        """The head with its options."""
        return HeadSpec.parse(self.head)

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of an ensemble; none of one model."""
        return self.config.parts

    @property
    def is_built(self) -> bool:
        """Whether a network can be built from this; not before `fit` has found which one, for `auto`."""
        return not self.config.is_found

    def widened(self, task: Task) -> Task:
        """Return the task with a context as long as the longest that a member of an ensemble reads."""
        lengths = [member.context_length or 0 for member in self.members]
        return dataclasses.replace(task, context_length=max([task.context_length, *lengths]))

    @property
    def has_quantiles(self) -> bool:
        """Whether the model forecasts quantiles."""
        return self.head_spec.traits.has_quantiles

    @property
    def has_symbols(self) -> bool:
        """Whether the model forecasts symbols, not numbers."""
        return self.head_spec.traits.has_symbols

    def require_target(self, symbols: tuple[str, ...]) -> None:
        """Check that a panel holds what the head takes.

        Args:
            symbols: the alphabet of the panel; empty for numbers.

        Raises:
            PanelError: it holds symbols and the head takes numbers, or the other way round.
        """
        if self.has_symbols != bool(symbols):
            has, wants = ("symbols", "numbers") if symbols else ("numbers", "symbols")
            raise PanelError(
                f"The panel holds {has}, and head {self.head!r} takes {wants}. Fix: symbols need head='categorical' "
                "and a panel that was read with their alphabet.",
                code="y_dtype",
                field="head",
            )

    def require_bounds(self, lower: float | None, upper: float | None) -> None:
        """Check that the head, and that of every member of an ensemble, can keep the bounds of a task.

        Raises:
            ConfigError: it forecasts counts, and there is a bound that those do not keep by nature.
        """
        if self.head_spec.traits.is_whole and (upper is not None or (lower or 0) > 0):
            raise ConfigError(
                f"Counts are at least 0 by nature and take no other bound. Got lower={lower}, upper={upper}. Leave "
                "them out, or use another head, such as 'quantiles'.",
                code="bounds_unfit",
                field="lower" if upper is None else "upper",
            )
        for member in self.members:
            member.spec.require_bounds(lower, upper)

    def note_covariates(self, task: Task) -> None:
        """Say in the log where the model lets the covariates of a task pass unread."""
        names = [name for name, _ in task.all_covariates]
        if names and not self.config.reads_covariates:
            logger.info("%s reads no covariates and ignores %s.", self.alias, ", ".join(names))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:field=value,field=value`, as the command line takes it.

        The fields are those of the model's config and `head`, `scaling`, `alias`; the text is the
        default alias, so that two configurations of one model stay apart in a table.

        >>> ModelSpec.parse("seasonal-naive:period=24").config.period
        24
        """
        model, _, rest = text.partition(":")
        fields = read_fields(rest, "model", "gru:units=64,layers=2")
        choices = {name: fields.pop(name) for name in ("head", "scaling", "alias") if name in fields}
        return cls.of(model, fields, **{"alias": text, **choices})

    def to_text(self, named: Collection[str] = ()) -> str:
        """Return the text that `parse` reads, with the fields that are not at their defaults and those `named`.

        >>> ModelSpec.of("gru", {"units": 64}, alias="g").to_text(["layers"])
        'gru:units=64,layers=1,alias=g'

        Raises:
            ConfigError: a value cannot be written in one line.
        """
        usual = type(self).of(self.model)
        fields = {**self.config.to_dict(), "head": self.head, "scaling": self.scaling}
        before = {**usual.config.to_dict(), "head": usual.head, "scaling": usual.scaling}
        said = {name: value for name, value in fields.items() if name in named or value != before[name]}
        return f"{self.model}:{write_fields({**said, 'alias': self.alias})}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `from_dict` takes."""
        return {
            "model": self.model,
            "config": self.config.to_dict(),
            "head": self.head,
            "scaling": self.scaling,
            "alias": self.alias,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from the form that `to_dict` gives, checking everything again.

        Raises:
            ConfigError: as `of`; or a field is unknown.
        """
        require_known(cls, values)
        return cls.of(
            values["model"],
            values["config"],
            head=values["head"],
            scaling=values["scaling"],
            alias=values["alias"],
        )


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
