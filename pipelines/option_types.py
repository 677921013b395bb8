"""What the values of options may be, and how they are read from texts and config files; imports nothing heavy."""

from __future__ import annotations

import json
from typing import Any

import click


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
    """Names separated by commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read `store,region`; lists, as a config file has them, are taken too."""
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
        names = tuple(str(part).strip() for part in parts)
        if not all(names) or len(set(names)) < len(names):
            self.fail(f"{value!r} is not a list of different names such as store,region.", param, ctx)
        return names


class Frequency(click.ParamType):
    """A pandas offset alias or an integer."""

    name = "freq"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """Read `h` or `1`."""
        text = str(value)
        return int(text) if text.isdecimal() else text


class Setting(click.ParamType):
    """One `training.FIELD=VALUE`."""

    name = "training.FIELD=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Read a field and its JSON value; a word that is no JSON stays a word."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        section, dot, field = name.strip().partition(".")
        if not (equals and dot and field) or section != "training":
            self.fail(f"{value!r} is not training.FIELD=VALUE, such as training.steps=500.", param, ctx)
        try:
            return field, json.loads(text)
        except ValueError:
            return field, text


class CodeAction(click.ParamType):
    """One `CODE=ACTION` of a plan of repairs."""

    name = "CODE=ACTION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Read a code and its action; which of them exist is the plan's to say."""
        if isinstance(value, tuple):
            return value
        code, equals, action = str(value).partition("=")
        if not (code and equals and action):
            self.fail(f"{value!r} is not CODE=ACTION, such as leading_zeros=drop.", param, ctx)
        return code.strip(), action.strip()


class OutFile(click.ParamType):
    """A file to write: its ending says which format."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse endings that no format has, before any work is done."""
        if not str(value).lower().endswith((".csv", ".parquet", ".pq")):
            self.fail(f"{value!r} must end with .parquet or .csv: the ending chooses the format.", param, ctx)
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
