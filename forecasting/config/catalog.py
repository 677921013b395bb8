"""Families of which each member is one file: models, heads, decoders, cells, learners, commands."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from forecasting.errors import ConfigError

Traits = TypeVar("Traits")

#: Under this name a member declares what it is.
TRAITS = "TRAITS"


@dataclass(frozen=True)
class Catalog:
    """The modules of one package, by name: the file's name with hyphens for underscores. It holds nothing else.

    Attributes:
        package: dotted name of the package.
        field: the word for a member, used in errors.
        elsewhere: dotted names of members that live in another package, by name.
    """

    package: str
    field: str
    elsewhere: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the names of all members, without importing them."""
        folder = importlib.import_module(self.package).__path__
        files = (module.name.replace("_", "-") for module in pkgutil.iter_modules(folder))
        return sorted([*files, *self.elsewhere])

    def require(self, name: str) -> None:
        """Check that there is a member called `name`, without importing it.

        Raises:
            ConfigError: there is none; the message lists those that exist.
        """
        if name not in self.names():
            message = f"Unknown {self.field} {name!r}. Known: {', '.join(self.names())}."
            raise ConfigError(message, code=f"unknown_{self.field}", field=self.field)

    def load(self, name: str) -> ModuleType:
        """Import the member called `name`; as `require`, an unknown name is a `ConfigError`."""
        return importlib.import_module(self.module_of(name))

    def traits(self, name: str, kind: type[Traits]) -> Traits:
        """Return what the member called `name` declares of itself, `TRAITS = KIND(...)`, without importing it.

        So what a member is can be asked before the library that it computes with is loaded.

        Args:
            name: of the member; as `require`, an unknown one is a `ConfigError`.
            kind: the class of the traits, whose fields are all declared by name as literals.

        Raises:
            TypeError: the member declares no such traits, or not all of them.
        """
        return kind(**declared(self.module_of(name), kind.__name__))

    def module_of(self, name: str) -> str:
        """Return the dotted name of the member called `name`; see `require`."""
        self.require(name)
        return self.elsewhere.get(name, f"{self.package}.{name.replace('-', '_')}")


@functools.cache
def declared(module: str, kind: str) -> dict[str, object]:
    """Return the arguments in the line `TRAITS = KIND(name=literal, ...)` of a module's source.

    Raises:
        TypeError: there is no such line.
    """
    spec = importlib.util.find_spec(module)
    source = spec.loader.get_source(module) if spec and spec.loader else None  # type: ignore[attr-defined]
    for node in ast.parse(source or "").body:
        if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != TRAITS:
            continue
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == kind:
            return {str(one.arg): ast.literal_eval(one.value) for one in node.value.keywords}
    raise TypeError(f"{module} must declare what it is at its top: {TRAITS} = {kind}(...).")
