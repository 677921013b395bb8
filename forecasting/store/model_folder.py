"""The files of a model folder: which there are, and what vouches for them; checked before anything is parsed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from forecasting.errors import ArtifactError
from forecasting.store.folders import obstacle, write_bytes

SPEC_FILE = "forecaster.json"
WEIGHTS_FILE = "weights.safetensors"
GOLDEN_FILE = "golden.json"
MANIFEST_FILE = "manifest.json"
FILES = (SPEC_FILE, WEIGHTS_FILE, GOLDEN_FILE)

#: Only beside models that go on learning from new observations: from where they do. Forecasts never need it.
LEARNER_FILE = "learner.safetensors"

#: Only beside models whose intervals are calibrated.
CALIBRATION_FILE = "calibration.json"

#: Only beside models that were compared before they were kept: how well they did.
REPORT_FILE = "report.json"

#: Only beside models that are served from where their series end: that state. Nothing here writes or reads it yet.
STATE_FILE = "state.safetensors"

#: The files that a folder may hold besides, by the schema version that knows them first.
OPTIONAL_FILES = {LEARNER_FILE: 1, CALIBRATION_FILE: 1, REPORT_FILE: 2, STATE_FILE: 2}

#: More than any model here needs; a folder beyond it is not one of ours.
MOST_BYTES = 1 << 30
MOST_BYTES_OF = {CALIBRATION_FILE: 1 << 26, REPORT_FILE: 1 << 24}


def require_place(folder: str | Path) -> None:
    """Check that a model can be written into `folder`, which changes nothing: before a long training.

    Raises:
        ArtifactError: it is a file or holds something else than a model, or nothing can be written there.
    """
    folder = Path(folder)
    if folder.is_dir() and not (folder / SPEC_FILE).is_file() and any(folder.iterdir()):
        text = f"{folder} exists and is no model folder. Choose an empty or new folder."
        raise ArtifactError(text, code="not_a_model")
    place = folder.resolve()
    reason = obstacle(place) or obstacle(place.parent)  # a model is put together beside its place
    if reason:
        text = f"No model can be written to {folder}: {reason}. Choose another folder."
        raise ArtifactError(text, code="not_writable")


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest that vouches for the files of a folder."""
    files = [name for name in (*FILES, *OPTIONAL_FILES) if (folder / name).exists()]
    return {"files": {name: sha256(folder / name) for name in files}}


def verify(folder: Path) -> str:
    """Check names, kinds, sizes and hashes before anything is parsed; return the digest of the manifest.

    Raises:
        ArtifactError: see `Artifact.read`.
    """
    if not (folder / MANIFEST_FILE).is_file():
        raise ArtifactError(f"{folder} is no model folder: {MANIFEST_FILE} is missing.", code="missing_file")
    found = sorted(entry.name for entry in os.scandir(folder))
    if sorted({*found} - {*OPTIONAL_FILES}) != sorted((*FILES, MANIFEST_FILE)):
        raise ArtifactError(
            f"{folder} must hold {', '.join((*FILES, MANIFEST_FILE))}, may hold {', '.join(OPTIONAL_FILES)}, and "
            f"nothing else. Got {', '.join(found)}.",
            code="files",
        )
    for name in found:
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise ArtifactError(f"{path} must be a plain file, and is a link or something else.", code="not_a_file")
        most = MOST_BYTES_OF.get(name, MOST_BYTES)
        if path.stat().st_size > most:
            raise ArtifactError(f"{path} has {path.stat().st_size} bytes; at most {most} are read.", code="too_large")
    recorded = files_of(read_json(folder / MANIFEST_FILE), folder)
    for name in {*OPTIONAL_FILES} & {*recorded} - {*found}:
        raise ArtifactError(f"{folder / name} is missing. Fetch or train the model again.", code="missing_file")
    for name in {*found} - {MANIFEST_FILE}:
        if recorded.get(name) != sha256(folder / name):
            raise ArtifactError(
                f"{folder / name} is not the file that was written: its sha256 differs from {MANIFEST_FILE}. "
                "Fetch or train the model again.",
                code="changed_file",
            )
    return sha256(folder / MANIFEST_FILE)


def files_of(manifest: Any, folder: Path) -> dict[str, Any]:
    """Return the files that a manifest vouches for, with their sha256.

    Raises:
        ArtifactError: it is no manifest, or has a field that this version does not know.
    """
    if not isinstance(manifest, dict) or set(manifest) != {"files"} or not isinstance(manifest["files"], dict):
        raise ArtifactError(f"{folder / MANIFEST_FILE} must hold `files` and nothing else.", code="manifest")
    return manifest["files"]


def require_digest(folder: Path, digest: str) -> str:
    """Check a folder as `verify` does, and that its manifest is the one with this digest ("" accepts any)."""
    found = verify(folder)
    if digest and found != digest:
        raise ArtifactError(
            f"{folder} is not the model that was registered: digest {found[:12]}, not {digest[:12]}.", code="digest"
        )
    return found


def write_json(path: Path, value: Any) -> None:
    """Write legal JSON (never NaN) in a stable order and make it durable."""
    write_bytes(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False).encode())


def read_json(path: Path) -> Any:
    """Read a JSON file of a model.

    Raises:
        ArtifactError: it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ArtifactError(f"{path} is not JSON: {error}.", code="json") from error


def sha256(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
