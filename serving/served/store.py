"""The models served: one immutable snapshot that requests read, swapped as a whole by the loader."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.store.facts import Facts
from serving.http.admission import retry_after
from serving.http.problems import Problem
from serving.served.sources import ModelId, ModelSource

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor

logger = logging.getLogger("serving")


@dataclass(frozen=True)
class LoadedModel:
    """A model folder in memory, warmed.

    Attributes:
        predictor: what answers.
        facts: what is recorded about its training.
    """

    predictor: Predictor
    facts: Facts


@dataclass(frozen=True)
class Served:
    """A model that requests may ask for.

    Attributes:
        reference: as the settings name it.
        id: which version of which model it is.
        predictor: what answers.
        facts: what is recorded about its training.
    """

    reference: str
    id: ModelId
    predictor: Predictor = field(repr=False)
    facts: Facts = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What a request may call it, besides its bare name."""
        name, version, alias = self.id.name, self.id.version, self.id.alias
        aliases = (f"{name}@{alias}",) if alias else ()
        return (*aliases, f"{name}/{version}") if version else aliases


@dataclass(frozen=True)
class Snapshot:
    """The models at one moment.

    Attributes:
        references: what the settings ask for, the default first.
        served: what is loaded, by reference.
        failures: why a reference, or its newest version, could not be loaded.
    """

    references: tuple[str, ...]
    served: dict[str, Served] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether every model asked for can answer."""
        return all(reference in self.served for reference in self.references)

    @property
    def models(self) -> list[Served]:
        """What is loaded, in the order of the settings."""
        return [self.served[reference] for reference in self.references if reference in self.served]

    def find(self, name: str | None) -> Served:
        """Return the model that a request names. Names are only compared: nothing is opened or fetched.

        Args:
            name: NAME, NAME@alias or NAME/version; None is the first model of the settings.

        Raises:
            Problem: 404, no model served is called that; 503, it is being loaded.
        """
        if name is None:
            found = self.served.get(self.references[0]) if self.references else None
        else:
            exact = (one for one in self.models if name in one.names)
            found = next(exact, None) or self.named(name)
        if found:
            return found
        if name is None or not self.is_ready:
            raise Problem(503, "model_loading", "The model is being loaded. Ask again.", headers=retry_after())
        known = ", ".join(other for one in self.models for other in one.names or (one.id.name,))
        raise Problem(404, "not_served", f"No such model is served here. Served: {known}.")

    def named(self, name: str) -> Served | None:
        """Return the model of a bare name: its champion, or else the first one served under it."""
        found = [one for one in self.models if one.id.name == name]
        return next((one for one in found if one.id.alias == "champion"), found[0] if found else None)


class ModelStore:
    """Loads the models of the settings and keeps them fresh; one thread calls `refresh`, any may read `snapshot`.

    Args:
        sources: where models come from, the default first.
        load: reads a model folder, verified and warmed.
    """

    def __init__(self, sources: Sequence[ModelSource], load: Callable[[Path], LoadedModel]) -> None:
        self.sources = {source.reference: source for source in sources}
        self.load = load
        self.snapshot = Snapshot(tuple(self.sources))

    def refresh(self) -> bool:
        """Look for new versions and load them; return whether every source answered and every version loaded.

        What is served stays as it is where something fails.
        """
        for reference, source in self.sources.items():
            try:
                failure = self.refresh_one(source)
            except Exception as error:  # whatever a registry or a model does, what is served goes on
                logger.warning("%s cannot be loaded: %s: %s", reference, type(error).__name__, error)
                failure = f"{type(error).__name__}: the newest version cannot be loaded; see the log"
            failures = {**self.snapshot.failures}
            failures.pop(reference, None)
            if failure:
                failures[reference] = failure
            self.snapshot = replace(self.snapshot, failures=failures)
        return not self.snapshot.failures

    def refresh_one(self, source: ModelSource) -> str | None:
        """Bring one model up to date; return what stands in the way of the newest version."""
        failure = None
        served = self.snapshot.served.get(source.reference)
        try:
            wanted = source.newest()
        except Exception as error:  # MLflow's stores raise what their drivers raise
            failure = f"registry: {type(error).__name__}; see the log"
            logger.warning("no word from the registry on %s: %s: %s", source.reference, type(error).__name__, error)
            remembered = source.remembered()
            if served or remembered is None:
                return failure
            wanted = remembered
        if served is None or wanted.with_digest(served.id.digest) != served.id:
            self.swap(source, wanted, served)
        return failure

    def swap(self, source: ModelSource, wanted: ModelId, served: Served | None) -> None:
        """Serve a version from now on; requests that have begun keep the one they have."""
        if served is not None and wanted.digest == served.id.digest:
            new = replace(served, id=wanted)
        else:
            folder = source.fetch(wanted)
            logger.info("loading %s", source.reference)
            loaded = self.load(folder.path)
            found = replace(wanted, digest=folder.digest)
            new = Served(source.reference, found, loaded.predictor, loaded.facts)
        self.snapshot = replace(self.snapshot, served={**self.snapshot.served, source.reference: new})
        try:
            source.remember(new.id)
        except OSError as error:  # it serves all the same
            logger.warning("%s cannot be remembered for a start without a registry: %s", source.reference, error)
        version = f", version {new.id.version}" if new.id.version else ""
        logger.info("serving %s%s, digest %s", source.reference, version, new.id.digest[:12])
