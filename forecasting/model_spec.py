"""Which model with which choices: the part of a forecaster that is not the task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from forecasting.errors import ConfigError, PanelError
from forecasting.heads import HEADS
from forecasting.models import MODELS

#: Heads that have no quantiles, and those that forecast symbols instead of numbers.
WITHOUT_QUANTILES = ("point", "categorical")
OF_SYMBOLS = ("categorical",)


@dataclass(frozen=True)
class ModelSpec:
    """A model, its config, its head and its scaling, all checked.

    Attributes:
        model: name of a file in `forecasting.models`.
        config: that model's `Config`.
        head: name of a file in `forecasting.heads`.
        scaling: scheme of the window scaler.
        alias: name of the forecast column.
    """

    model: str
    config: Any
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
        head = head or model_config.heads[0]
        HEADS.require(head)
        if head not in model_config.heads:
            fitting = ", ".join(model_config.heads)
            raise ConfigError(
                f"`head` {head!r} does not fit model {model!r} with {model_config.to_dict()}. Fitting: {fitting}.",
                code="head_unfit",
                field="head",
            )
        if head in OF_SYMBOLS and scaling not in (None, "none"):
            raise ConfigError(
                f"`scaling` must be 'none' with head {head!r}: codes of symbols have no size. Got {scaling!r}.",
                code="scaling_unfit",
                field="scaling",
            )
        scaling = "none" if head in OF_SYMBOLS else scaling or model_config.scaling
        return cls(model, model_config, head, scaling, alias or model)

    @property
    def has_quantiles(self) -> bool:
        """Whether the model forecasts quantiles."""
        return self.head not in WITHOUT_QUANTILES

    @property
    def has_symbols(self) -> bool:
        """Whether the model forecasts symbols, not numbers."""
        return self.head in OF_SYMBOLS

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

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:field=value,field=value`, as the command line takes it.

        The fields are those of the model's config and `head`, `scaling`, `alias`; the text is the
        default alias, so that two configurations of one model stay apart in a table.

        >>> ModelSpec.parse("seasonal-naive:period=24").config.period
        24
        """
        model, _, rest = text.partition(":")
        fields = dict(read_field(part, text) for part in rest.split(",") if part)
        choices = {name: fields.pop(name) for name in ("head", "scaling", "alias") if name in fields}
        return cls.of(model, fields, **{"alias": text, **choices})

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
        """Build from the form that `to_dict` gives, checking everything again."""
        return cls.of(
            values["model"],
            values["config"],
            head=values["head"],
            scaling=values["scaling"],
            alias=values["alias"],
        )


def read_field(part: str, text: str, kind: str = "model", example: str = "gru:units=64,layers=2") -> tuple[str, Any]:
    """Read `field=value`; the value is JSON where it is legal JSON, a word otherwise.

    Args:
        part: what is read.
        text: the whole of which it is a part, for the error.
        kind: what the whole describes.
        example: what such a text looks like.
    """
    name, equals, value = part.partition("=")
    if not equals:
        raise ConfigError(f"In {kind} {text!r}, {part!r} is not field=value. Write e.g. {example}.", field=kind)
    try:
        return name.strip(), json.loads(value)
    except json.JSONDecodeError:
        return name.strip(), value.strip()
