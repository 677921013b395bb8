"""Which head with which options: how a user says what a model's last numbers mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

from forecasting.heads import HEADS
from forecasting.spec_text import config_of, read_fields

#: Heads of symbols; all others forecast numbers.
OF_SYMBOLS = ("categorical",)

#: Heads that have no quantiles.
WITHOUT_QUANTILES = ("point", "categorical")

#: Heads of numbers that say nothing between and beyond the numbers they were trained on; all others are distributions.
WITHOUT_DISTRIBUTION = ("point", "quantiles")

#: Heads of counts.
OF_COUNTS = ("poisson", "negative-binomial")

#: Heads none of whose raw numbers says where a step lies in scaled units, so that no forecast can be added to it.
WITHOUT_LOCATION = (*OF_SYMBOLS, *OF_COUNTS)


@dataclass(frozen=True)
class HeadSpec:
    """A head and its options.

    Attributes:
        name: name of a file in `forecasting.heads`.
        options: fields of that head's `Config`.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:option=value,option=value`, as learners are written; `_` in a name counts as `-`.

        Inside a model's text, where a comma ends the head, `;` stands between two options.

        >>> HeadSpec.parse("student_t").text
        'student-t'

        Raises:
            ConfigError: there is no such head, it has no such option, or a part is not `option=value`.
        """
        name, _, rest = str(text).partition(":")
        name = name.strip().replace("_", "-")
        HEADS.require(name)
        spec = cls(name, read_fields(rest.replace(";", ","), "head", "mixture-density:components=5"))
        if spec.options:
            spec.config()  # only options need the head itself, which loads Keras
        return spec

    @property
    def text(self) -> str:
        """The text that `parse` reads, always the same for the same choices."""
        options = (f"{name}={json.dumps(value)}" for name, value in sorted(self.options.items()))
        return ":".join([self.name, *filter(None, [";".join(options)])])

    @property
    def has_quantiles(self) -> bool:
        """Whether the head forecasts quantiles."""
        return self.name not in WITHOUT_QUANTILES

    @property
    def has_symbols(self) -> bool:
        """Whether the head forecasts symbols, not numbers."""
        return self.name in OF_SYMBOLS

    @property
    def is_whole(self) -> bool:
        """Whether the head forecasts counts, and takes no other values."""
        return self.name in OF_COUNTS

    @property
    def has_location(self) -> bool:
        """Whether a network may forecast with this head what another forecast leaves."""
        return self.name not in WITHOUT_LOCATION

    @property
    def is_distribution(self) -> bool:
        """Whether the head forecasts a whole distribution of a number, from which it can be drawn."""
        return self.name not in (*WITHOUT_DISTRIBUTION, *OF_SYMBOLS)

    @property
    def degree(self) -> int:
        """By which power of the errors the loss of points grows: what is learnt is what is compared."""
        return int(getattr(self.config(), "degree", 1)) if self.options else 1

    def config(self) -> Any:
        """Return the head's `Config` made from the options; None for a head that has none.

        Raises:
            ConfigError: an option is unknown or means nothing.
        """
        return config_of(HEADS.load(self.name), self.options, f"Head {self.name!r}", "head")

    def build(self, task: Any, link: Any = None) -> Any:
        """Return the head as a layer.

        Args:
            task: levels and symbols of the outputs.
            link: keeps numbers within the bounds of the task; None where there are none.

        Raises:
            ConfigError: the head does not fit the task.
        """
        config = self.config()
        beside = {} if config is None else {"config": config}
        return HEADS.load(self.name).Head(task, link, **beside, name="head")
