"""What the values of options may be, and how they are read from texts and config files; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from forecasting.config.text import read_value


def parts_of(value: object) -> Sequence[Any]:
    """Return what commas separate in a text; a list, as a config file has it, as it is."""
    if isinstance(value, str):
        return value.split(",")
    return value if isinstance(value, (list, tuple)) else [value]


class NumberList(click.ParamType):
    """Numbers separated by commas."""

    name = "numbers"

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind = kind

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...] | tuple[float, ...]:
        """Read `24,168`; lists, as a config file has them, are taken too."""
        try:
            return tuple(self.kind(part) for part in parts_of(value))
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a list of numbers such as 24,168.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what --help shows."""
        return "N,N,..."


class Names(click.ParamType):
    """Names separated by commas; `name` and `example` say what they are names of."""

    name = "names"
    example = "store,region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read `store,region`; lists, as a config file has them, are taken too."""
        names = tuple(str(part).strip() for part in parts_of(value))
        if not all(names) or len(set(names)) < len(names):
            self.fail(f"{value!r} is not a list of different {self.name} such as {self.example}.", param, ctx)
        return names


class Cycles(Names):
    """Cycles of the calendar separated by commas."""

    name = "cycles"
    example = "hour,weekday, or none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read `hour,weekday`, or `none`, which stands alone."""
        names = super().convert(value, param, ctx)
        if "none" in names and len(names) > 1:
            self.fail(f"{value!r} names cycles, and none beside them. Name one or the other.", param, ctx)
        return () if names == ("none",) else names


class FrequencyText(click.ParamType):
    """A pandas offset alias or an integer."""

    name = "freq"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """Read `h` or `1`."""
        text = str(value)
        return int(text) if text.isdecimal() else text


class Pair(click.ParamType):
    """One `NAME=VALUE`; `name` and `example` say which."""

    example: str

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Read both sides; a pair, as a config file has it, is taken too."""
        if isinstance(value, tuple):
            return value
        left, equals, right = (part.strip() for part in str(value).partition("="))
        pair = self.pair(left, right) if equals and left and right else None
        return pair or self.fail(f"{value!r} is not {self.name}, such as {self.example}.", param, ctx)

    def pair(self, left: str, right: str) -> tuple[str, Any] | None:
        """Return what the two sides mean; None where they mean nothing."""
        return left, right


class Setting(Pair):
    """One `training.FIELD=VALUE`; the value is JSON where it is legal JSON, a word otherwise."""

    name = "training.FIELD=VALUE"
    example = "training.steps=500"

    def pair(self, left: str, right: str) -> tuple[str, Any] | None:
        """Return field and value."""
        section, _, field = left.partition(".")
        return (field, read_value(right)) if section == "training" and field else None


class CodeAction(Pair):
    """One `CODE=ACTION` of a plan of repairs; which of them exist is the plan's to say."""

    name = "CODE=ACTION"
    example = "leading_zeros=drop"


class FileWithEnding(click.ParamType):
    """A file to write: its ending says which format.

    Args:
        known: the endings that have one.
        endings: the same in words.
    """

    name = "FILE"

    def __init__(self, known: tuple[str, ...], endings: str) -> None:
        self.known = known
        self.endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse endings that no format has, before any work is done."""
        if not str(value).lower().endswith(self.known):
            self.fail(f"{value!r} must end with {self.endings}: the ending chooses the format.", param, ctx)
        return str(value)


#: Rows, as the sinks write them.
TABLE_FILE = FileWithEnding((".csv", ".parquet", ".pq"), ".parquet or .csv")

#: Options, as --config reads them.
CONFIG_FILE = FileWithEnding((".toml", ".json"), ".toml or .json")


class Separator(click.ParamType):
    r"""A character that separates fields; `\t` and `tab` are a tabulator."""

    name = "CHAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read one character."""
        text = {"\\t": "\t", "tab": "\t"}.get(str(value), str(value))
        if len(text) != 1 and not (text == "" == (param.default if param is not None else None)):
            self.fail(f"{value!r} is not one character.", param, ctx)
        return text
