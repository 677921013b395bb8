"""Families of which each member is one file: models, heads, decoders, cells, learners."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType

from forecasting.errors import ConfigError


@dataclass(frozen=True)
class Catalog:
    """The modules of one package, by name: the file's name with hyphens for underscores.

    Files that start with an underscore are shared parts and no members.

    Attributes:
        package: dotted name of the package.
        field: the word for a member, used in errors.
    """

    package: str
    field: str

    def names(self) -> list[str]:
        """Return the names of all members, without importing them."""
        folder = importlib.import_module(self.package).__path__
        files = (module.name for module in pkgutil.iter_modules(folder))
        return sorted(name.replace("_", "-") for name in files if not name.startswith("_"))

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
        self.require(name)
        return importlib.import_module(f"{self.package}.{name.replace('-', '_')}")
