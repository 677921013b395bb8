"""Which head with which options: how a user says what a model's last numbers mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from forecasting.config.task import Task
from forecasting.config.text import config_of, read_fields
from forecasting.heads import HEADS
from forecasting.heads.traits import HeadTraits

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.heads.options import HeadConfig
    from forecasting.layers.link import Link


@dataclass(frozen=True)
class HeadSpec:
    """A head and its options.

    Attributes:
        name: name of a file in `forecasting.heads.families`.
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
    def traits(self) -> HeadTraits:
        """What the head is; asking loads no Keras."""
        return HEADS.traits(self.name, HeadTraits)

    @property
    def degree(self) -> int:
        """By which power of the errors the loss of points grows: what is learnt is what is compared."""
        config = self.config() if self.options else None
        return 1 if config is None else config.degree

    def config(self) -> HeadConfig | None:
        """Return the head's `Config` made from the options; None for a head that has none.

        Raises:
            ConfigError: an option is unknown or means nothing.
        """
        config: HeadConfig | None = config_of(HEADS.load(self.name), self.options, f"Head {self.name!r}", "head")
        return config

    def build(self, task: Task, link: Link | None = None) -> BaseHead:
        """Return the head as a layer.

        Args:
            task: levels and symbols of the outputs.
            link: keeps numbers within the bounds of the task; None where there are none.

        Raises:
            ConfigError: the head does not fit the task.
        """
        config = self.config()
        options = {} if config is None else {"config": config}
        head: BaseHead = HEADS.load(self.name).Head(task, link, **options, name="head")
        return head
