"""A bundle of options: added to a command together, and handed over as one frozen object."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

#: A command, or a function that becomes one.
Function = Callable[..., Any]


@dataclass(frozen=True)
class Bundle:
    """Options that a command takes together.

    Only these options: another one of a field's name, which the command has too, means something else.

    Attributes:
        name: argument of the command that gets the object.
        make: makes the object of the values, by the names of click's parameters; a dataclass with such fields.
        options: click decorators, in the order of --help.
    """

    name: str
    make: Function
    options: Sequence[Function]

    @property
    def parameters(self) -> list[click.Parameter]:
        """Click's parameters of the options."""
        return click.command()(add_options(lambda: None, self.options)).params

    def __call__(self, function: Function) -> Function:
        """Add the options to a command."""
        names = [str(parameter.name) for parameter in self.parameters]

        @functools.wraps(function)
        def command(**values: Any) -> Any:
            said = {name: values.pop(name) for name in names}
            return function(**{self.name: self.make(**said)}, **values)

        return add_options(command, self.options)


def add_options(function: Function, options: Sequence[Function]) -> Function:
    """Add options to a command, in the order of --help."""
    for option in reversed(options):
        function = option(function)
    return function
