"""What the values of options may be, and how they are read from texts and config files; imports nothing heavy."""

from __future__ import annotations

from typing import Any

import click

from forecasting.spec_text import read_value


class NumberList(click.ParamType):
    """Numbers separated by commas."""

    name = "numbers"

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read `24,168`; lists, as a config file has them, are taken too."""
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
        try:
            return tuple(self.kind(part) for part in parts)
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
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
        names = tuple(str(part).strip() for part in parts)
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


class Frequency(click.ParamType):
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
        found = self.pair(left, right) if equals and left and right else None
        return found or self.fail(f"{value!r} is not {self.name}, such as {self.example}.", param, ctx)

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


class OutFile(click.ParamType):
    """A file to write: its ending says which format."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse endings that no format has, before any work is done."""
        if not str(value).lower().endswith((".csv", ".parquet", ".pq")):
            self.fail(f"{value!r} must end with .parquet or .csv: the ending chooses the format.", param, ctx)
        return str(value)


class ConfigFile(click.ParamType):
    """A config file to write: its ending says which format, one of those that --config reads."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse other endings, before any work is done."""
        if not str(value).lower().endswith((".toml", ".json")):
            self.fail(f"{value!r} must end with .toml or .json: the ending chooses the format.", param, ctx)
        return str(value)


class Separator(click.ParamType):
    r"""A character that separates fields; `\t` and `tab` are a tabulator."""

    name = "CHAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read one character."""
        text = {"\\t": "\t", "tab": "\t"}.get(str(value), str(value))
        if len(text) != 1 and not (text == "" == (param.default if param is not None else None)):
            self.fail(f"{value!r} is not one character.", param, ctx)
        return text
