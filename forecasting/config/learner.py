"""Which learner with which options: how a user asks for another way of teaching than the model's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from forecasting.config.catalog import Catalog
from forecasting.config.text import read_fields

#: Named here, not in its package: a model that is loaded loads no training code. `auto` finds its model by training
#: others, so it stands above them in a room of its own.
LEARNERS = Catalog("forecasting.training.learners", "learner", {"auto": "forecasting.auto.find"})


@dataclass(frozen=True)
class LearnerSpec:
    """A learner and its options; the options are checked when the learner is loaded.

    Attributes:
        name: of a file in `forecasting.training.learners`.
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
