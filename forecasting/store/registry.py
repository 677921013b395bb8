"""The MLflow model registry: versions and aliases in, verified model folders out."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecasting.errors import RegistryError, first_line, without_password
from forecasting.store import embedded
from forecasting.store.home import home, tracking_uri
from forecasting.store.model_folder import SPEC_FILE, require_digest

CHAMPION = "champion"
CHALLENGER = "challenger"
FORMER_CHAMPION_TAG = "former_champion"

#: A tag of a registered model per promotion: the time is the rest of its name, the version its value. None is changed.
PROMOTED_TAG = "promoted."
DIGEST_TAG = "digest"

#: Where a model folder lies inside a logged MLflow model.
BUNDLE = "bundle"

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
REFERENCE_PATTERN = re.compile(
    r"(?:models:/)?(?P<name>[a-z0-9][a-z0-9_-]{0,63})(?:@(?P<alias>[A-Za-z][A-Za-z0-9_-]{0,63})|/(?P<version>[0-9]{1,9}))?"
)

#: Begins the name of a download under way; after this many seconds it is that of a process that was killed.
UNFINISHED, ABANDONED = ".fetch-", 86_400

#: MLflow's codes for a store that does not answer, or not now.
UNAVAILABLE = frozenset({"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"})

#: MLflow's own defaults retry a dead server for minutes and send usage home; whoever wants that sets the variables.
MLFLOW_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}


@dataclass(frozen=True)
class Version:
    """One registered version of a model.

    Attributes:
        name: registered name.
        version: number, as a string.
        aliases: aliases that point at it.
        digest: sha256 of its manifest.
        source: where MLflow keeps its files.
        created: ISO 8601 time, UTC.
    """

    name: str
    version: str
    aliases: tuple[str, ...]
    digest: str
    source: str
    created: str


@dataclass(frozen=True)
class Promotion:
    """A version that became the champion.

    Attributes:
        version: number, as a string.
        since: ISO 8601 time, UTC.
    """

    version: str
    since: str


@dataclass(frozen=True)
class Reference:
    """A model in the registry, by alias or by version."""

    name: str
    alias: str | None = None
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `NAME`, `NAME@alias`, `NAME/version`, with or without `models:/`; `NAME` alone is its champion.

        Raises:
            RegistryError: the text is none of these.
        """
        match = REFERENCE_PATTERN.fullmatch(text)
        if not match:
            raise RegistryError(
                f"{text!r} is neither a model folder (one that holds {SPEC_FILE}) nor NAME@alias, "
                "NAME/version or models:/NAME@alias, with a name of small letters, digits, - and _.",
                code="model_reference",
            )
        name, alias, version = match["name"], match["alias"], match["version"]
        return cls(name, alias or (None if version else CHAMPION), version)

    def __str__(self) -> str:
        return f"{self.name}@{self.alias}" if self.alias else f"{self.name}/{self.version}"


def client() -> Any:
    """Return an MLflow client of the tracking store, impatient unless told otherwise."""
    for name, value in MLFLOW_DEFAULTS.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    embedded.make_ready()
    return MlflowClient(tracking_uri=tracking_uri())


@contextmanager
def use_store() -> Iterator[None]:
    """Point MLflow's global functions at our store for a while; some of them take no store as an argument."""
    import mlflow

    embedded.make_ready()
    # MLflow keeps its setting in this variable too; None restores that there was none.
    former = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(tracking_uri())
    try:
        yield
    finally:
        mlflow.set_tracking_uri(former)


@contextmanager
def registry_errors(what: str) -> Iterator[None]:
    """Turn MLflow's errors into a `RegistryError` that says what was looked for.

    Its code is `registry_unavailable` where the registry does not answer, and `registry` where it says no.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code in UNAVAILABLE:
            text = f"The registry at {without_password(tracking_uri())} does not answer ({what}): {first_line(error)}"
            raise RegistryError(text, code="registry_unavailable") from error
        raise RegistryError(
            f"{what} is not in the registry at {without_password(tracking_uri())}: {first_line(error)}", code="registry"
        ) from error


def resolve(source: str | Path) -> Path:
    """Return a local model folder for a folder, `NAME@alias`, `NAME/version` or an MLflow model URI.

    A folder wins only if it holds a model.

    Raises:
        RegistryError: the registry has no such model, or the text means nothing.
    """
    if (Path(source) / SPEC_FILE).is_file():
        return Path(source)
    return fetch(lookup(Reference.parse(str(source))))


def lookup(reference: Reference) -> Version:
    """Return the version that a reference means now.

    Raises:
        RegistryError: there is none.
    """
    with registry_errors(str(reference)):
        if reference.alias:
            found = client().get_model_version_by_alias(reference.name, reference.alias)
        else:
            found = client().get_model_version(reference.name, reference.version)
        return version_of(found)


def versions(name: str) -> list[Version]:
    """Return all versions of a registered model, the newest first."""
    require_name(name)
    with registry_errors(name):
        found = client().search_model_versions(f"name = '{name}'")
        return [lookup(Reference(name, version=str(one.version))) for one in found]


def model_names() -> list[str]:
    """Return the names of all registered models."""
    with registry_errors("The list of models"):
        return sorted(model.name for model in client().search_registered_models())


def version_of(found: Any) -> Version:
    """Return an MLflow model version in our terms."""
    created = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(timespec="seconds")
    digest = found.tags.get(DIGEST_TAG, "")
    return Version(found.name, str(found.version), tuple(found.aliases), digest, found.source, created)


def fetch(version: Version) -> Path:
    """Return the local folder of a version, downloaded once into a cache named by content.

    The cache alone is enough to start from: what was fetched before needs no registry.

    Raises:
        ArtifactError: the files are not those that were registered.
        RegistryError: they cannot be downloaded.
    """
    cache = home() / "cache" / "models"
    cached = cache / version.digest
    if version.digest and cached.is_dir():
        require_digest(cached, version.digest)
        return cached
    cache.mkdir(parents=True, exist_ok=True)
    clear_abandoned(cache)
    with tempfile.TemporaryDirectory(dir=cache, prefix=UNFINISHED) as part:
        folder = download(version, part)
        digest = require_digest(folder, version.digest)
        cached = cache / digest
        if not cached.is_dir():
            put_in_cache(shutil.copytree(folder, Path(part) / "verified"), cached)
    require_digest(cached, digest)
    return cached


def clear_abandoned(cache: Path) -> None:
    """Delete the downloads of processes that were killed: each may be a whole model."""
    for part in cache.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):  # another process has deleted it
            if time.time() - part.stat().st_mtime > ABANDONED:
                shutil.rmtree(part, ignore_errors=True)


def put_in_cache(folder: Path, cached: Path) -> None:
    """Move a folder into the cache, where another process may have put the same one meanwhile.

    Raises:
        OSError: it cannot be moved, and nobody else has put it there.
    """
    try:
        os.replace(folder, cached)
    except OSError:
        if not cached.is_dir():
            raise


def download(version: Version, destination: str) -> Path:
    """Download the files of a version; return the model folder among them."""
    import mlflow

    with registry_errors(f"{version.name}/{version.version}"), use_store():
        uri = f"models:/{version.name}/{version.version}"
        root = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=destination)
    folder = Path(root) / "artifacts" / BUNDLE
    if not folder.is_dir():
        raise RegistryError(f"{version.name}/{version.version} was not written by this service.", code="foreign_model")
    return folder


def promote(name: str, version: str) -> Version:
    """Make a version the champion; the former one is kept as a tag, for `rollback`.

    Raises:
        RegistryError: there is no such version, or the registry does not take the change.
    """
    require_name(name)
    promoted = lookup(Reference(name, version=str(version)))
    former = champion(name)
    with registry_errors(f"{name}/{promoted.version}"):
        if former and former.version != promoted.version:
            dethrone(former, promoted)
        else:
            client().set_registered_model_alias(name, CHAMPION, promoted.version)
        client().set_registered_model_tag(name, f"{PROMOTED_TAG}{now_text()}", promoted.version)
    return lookup(Reference(name, version=promoted.version))


def dethrone(former: Version, promoted: Version) -> None:
    """Put a version in the champion's place and note the former one; neither is done where the other fails.

    The note comes first: were it to fail after the change, the next call would find nothing left to note.
    """
    name, store = promoted.name, client()
    noted = former_champion(name)
    store.set_registered_model_tag(name, FORMER_CHAMPION_TAG, former.version)
    try:
        store.set_registered_model_alias(name, CHAMPION, promoted.version)
    except Exception:
        note_former_champion(name, noted)
        raise


def former_champion(name: str) -> str | None:
    """Return the version that was the champion before; None where there was no other.

    Raises:
        RegistryError: there is no such model.
    """
    with registry_errors(name):
        found: str | None = client().get_registered_model(name).tags.get(FORMER_CHAMPION_TAG)
        return found


def note_former_champion(name: str, version: str | None) -> None:
    """Write the former champion back as it was, as far as the registry takes it."""
    from mlflow.exceptions import MlflowException

    with contextlib.suppress(MlflowException):  # the error that led here is the one to tell
        if version is None:
            client().delete_registered_model_tag(name, FORMER_CHAMPION_TAG)
        else:
            client().set_registered_model_tag(name, FORMER_CHAMPION_TAG, version)


def promotions(name: str) -> list[Promotion]:
    """Return which version became the champion when, the oldest first: what was in production.

    Raises:
        RegistryError: there is no such model.
    """
    require_name(name)
    with registry_errors(name):
        tags = client().get_registered_model(name).tags
    times = sorted(tag for tag in tags if tag.startswith(PROMOTED_TAG))
    return [Promotion(tags[tag], tag.removeprefix(PROMOTED_TAG)) for tag in times]


def now_text() -> str:
    """Return the time as ISO 8601 in UTC, of one length, so that texts sort as times do."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def challenge(name: str, version: str) -> Version:
    """Make a version the challenger.

    Raises:
        RegistryError: there is no such version, or the registry does not take the change.
    """
    require_name(name)
    challenger = lookup(Reference(name, version=str(version)))
    with registry_errors(f"{name}/{challenger.version}"):
        client().set_registered_model_alias(name, CHALLENGER, challenger.version)
    return lookup(Reference(name, version=challenger.version))


def rollback(name: str) -> Version:
    """Make the former champion the champion again; the two change places.

    Raises:
        RegistryError: there is no former champion, or it is the champion already.
    """
    require_name(name)
    former, now = former_champion(name), champion(name)
    if not former:
        raise RegistryError(f"{name} has had no other champion to go back to.", code="no_former_champion")
    if now and now.version == former:
        text = f"{name}/{former}, the former champion as far as is known, is the champion already."
        raise RegistryError(f"{text} Fix: promote the version that is wanted.", code="no_former_champion")
    return promote(name, former)


def champion(name: str) -> Version | None:
    """Return the champion of a model, if it has one.

    Raises:
        RegistryError: the registry does not answer.
    """
    try:
        return lookup(Reference(name, alias=CHAMPION))
    except RegistryError as error:
        if error.code == "registry_unavailable":
            raise
        return None


def require_name(name: str) -> None:
    """Raise a `RegistryError` unless `name` is one that a model may be registered under."""
    if not NAME_PATTERN.fullmatch(name):
        raise RegistryError(
            f"A model name has 1 to 64 small letters, digits, - and _. Got {name!r}.", code="model_name", field="name"
        )
