"""Where a served model comes from: a folder, or the registry with a cache that is enough to start from."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from forecasting.errors import RegistryError
from forecasting.store import registry
from forecasting.store.home import home, tracking_uri
from forecasting.store.model_folder import MANIFEST_FILE, SPEC_FILE, verify


@dataclass(frozen=True)
class ModelId:
    """What tells one version of a model from another.

    Attributes:
        name: registered name, or that of the folder.
        version: registered version; None for a folder.
        alias: alias it is looked up by, if it is.
        digest: sha256 of its manifest; "" where the registry does not know it.
    """

    name: str
    version: str | None
    alias: str | None
    digest: str

    def with_digest(self, digest: str) -> ModelId:
        """Return the same with a digest, where it has none yet."""
        return self if self.digest else replace(self, digest=digest)


@dataclass(frozen=True)
class ModelFolder:
    """The files of a version, verified.

    Attributes:
        path: of the folder.
        digest: sha256 of its manifest.
    """

    path: Path
    digest: str


class ModelSource(Protocol):
    """One reference of the settings.

    Attributes:
        reference: as the settings spell it.
        name: what requests may call it; no two sources share one.
    """

    reference: str
    name: str

    def newest(self) -> ModelId:
        """Return what the reference means now."""

    def remembered(self) -> ModelId | None:
        """Return what it meant last time, for a start without a registry."""

    def remember(self, model: ModelId) -> None:
        """Note what it means now."""

    def fetch(self, model: ModelId) -> ModelFolder:
        """Return the files of a version."""


class FolderSource:
    """A model folder; a new model written over it is noticed.

    Args:
        folder: holds `forecaster.json`.
    """

    def __init__(self, folder: str) -> None:
        self.reference = folder
        self.folder = Path(folder).resolve()
        self.name = re.sub(r"[^a-z0-9_-]+", "-", self.folder.name.lower()).strip("-_")[:64] or "model"

    def newest(self) -> ModelId:
        """Return the folder's name and the digest of its manifest as it is now."""
        digest = hashlib.sha256((self.folder / MANIFEST_FILE).read_bytes()).hexdigest()
        return ModelId(self.name, None, None, digest)

    def remembered(self) -> None:
        """Return nothing: the folder is its own memory."""
        return

    def remember(self, model: ModelId) -> None:
        """Do nothing."""

    def fetch(self, model: ModelId) -> ModelFolder:
        """Return the folder, its files checked against the manifest."""
        return ModelFolder(self.folder, verify(self.folder))


class RegistrySource:
    """NAME@alias or NAME/version in MLflow's registry.

    Args:
        text: the reference.

    Raises:
        RegistryError: the text is no reference.
    """

    def __init__(self, text: str) -> None:
        self.parsed = registry.Reference.parse(text)
        self.reference = self.name = str(self.parsed)

    def newest(self) -> ModelId:
        """Ask the registry."""
        version = registry.lookup(self.parsed)
        return ModelId(version.name, version.version, self.parsed.alias, version.digest)

    def fetch(self, model: ModelId) -> ModelFolder:
        """Return the cached folder, verified; it is downloaded only where it is not there."""
        folder = registry.fetch(registry.Version(model.name, model.version or "", (), model.digest, "", ""))
        return ModelFolder(folder, folder.name)

    def remembered(self) -> ModelId | None:
        """Return what `remember` noted, for the registry that is in use now."""
        try:
            record = json.loads(self.memory.read_text(encoding="utf-8"))
            if record.pop("registry") == registry_mark():
                return ModelId(**record)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not ours: as good as none
            pass
        return None

    def remember(self, model: ModelId) -> None:
        """Write down what the reference means, whole or not at all: several workers do."""
        text = json.dumps({**asdict(model), "registry": registry_mark()})
        self.memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.memory.parent, prefix=".", delete=False) as part:
            part.write(text)
        os.replace(part.name, self.memory)

    @property
    def memory(self) -> Path:
        """The file that remembers what the reference meant; no name holds a dot."""
        parsed = self.parsed
        name = f"{parsed.name}@{parsed.alias}" if parsed.alias else f"{parsed.name}.{parsed.version}"
        return home() / "cache" / "served" / f"{name}.json"


def registry_mark() -> str:
    """Return what tells the registry in use from others, without its address: that may hold a password."""
    return hashlib.sha256(tracking_uri().encode()).hexdigest()[:16]


def sources_of(references: Sequence[str]) -> list[ModelSource]:
    """Return the sources of the references of the settings. A folder wins only if it holds a model.

    Raises:
        RegistryError: a text is neither a model folder nor a reference, or two would have the same name.
    """
    sources: list[ModelSource] = []
    for text in references:
        is_folder = (Path(text) / SPEC_FILE).is_file()
        sources.append(FolderSource(text) if is_folder else RegistrySource(text))
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RegistryError(f"Two of the models to serve are called {twice!r}. Rename a folder, or leave one out.")
    return sources
