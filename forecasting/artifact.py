"""A model as a folder: numbers and JSON, no code, no training data; written whole, verified before it answers."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from forecasting.calibration import Calibration
from forecasting.config import Task
from forecasting.errors import ArtifactError, ForecastingError
from forecasting.facts import Facts
from forecasting.folders import obstacle, replace_folder, write_bytes
from forecasting.learner_state import LearnerState
from forecasting.model_spec import ModelSpec

SCHEMA_VERSION = 1
SPEC_FILE = "forecaster.json"
WEIGHTS_FILE = "weights.safetensors"
GOLDEN_FILE = "golden.json"
MANIFEST_FILE = "manifest.json"
FILES = (SPEC_FILE, WEIGHTS_FILE, GOLDEN_FILE)

#: Only beside models that go on learning from new observations: from where they do. Forecasts never need it.
LEARNER_FILE = "learner.safetensors"

#: Only beside models whose intervals are calibrated.
CALIBRATION_FILE = "calibration.json"
OPTIONAL_FILES = (LEARNER_FILE, CALIBRATION_FILE)

#: More than any model here needs; a folder beyond it is not one of ours.
MAX_BYTES = 1 << 30
MAX_CALIBRATION_BYTES = 1 << 26

#: Largest difference, relative to the scale of the window, between a golden forecast and its replay.
GOLDEN_TOLERANCE = 1e-4

LIBRARIES = ("tensorflow", "keras", "numpy", "pandas", "safetensors", "holidays")


def write(folder: str | Path, predictor: Any, facts: Facts, state: LearnerState | None = None) -> Path:
    """Write the model into `folder`, which must not exist or be an older artifact; never leaves half a model.

    Args:
        folder: where to.
        predictor: the model.
        facts: what is recorded about its training.
        state: from where an online learner goes on.

    Raises:
        ArtifactError: see `require_place`.
        OSError: there is no room, or a folder cannot be moved; an older artifact is untouched.
    """
    require_place(folder)
    place = Path(folder).resolve()  # where a link points to is replaced, not the link
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        write_files(part, predictor, facts, state)
        part.chmod(0o755)
        replace_folder(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Path(folder)


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


def write_files(folder: Path, predictor: Any, facts: Facts, state: LearnerState | None) -> None:
    """Write the files of a model and, last, the manifest that vouches for them."""
    from safetensors.numpy import save

    spec = {
        "schema_version": SCHEMA_VERSION,
        "task": predictor.task.to_dict(),
        "spec": predictor.spec.to_dict(),
        "facts": vars(facts),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
    write_json(folder / SPEC_FILE, spec)
    write_bytes(folder / WEIGHTS_FILE, save(named_weights(predictor.network)))  # `save_file` lets its owner alone read
    write_json(folder / GOLDEN_FILE, golden(predictor))
    if state is not None:
        state.write(folder / LEARNER_FILE)
    if predictor.calibration is not None:
        write_json(folder / CALIBRATION_FILE, predictor.calibration.to_dict())
    files = [name for name in (*FILES, *OPTIONAL_FILES) if (folder / name).exists()]
    write_json(folder / MANIFEST_FILE, {"files": {name: sha256(folder / name) for name in files}})


def named_weights(network: Any) -> dict[str, np.ndarray]:
    """Return all weights by path."""
    return {path: np.asarray(variable) for path, variable in named_variables(network).items()}


def named_variables(network: Any) -> dict[str, Any]:
    """Return all variables that a forecast depends on, by path; layers are named, so paths are the same in every build.

    Those of an ensemble's members follow `member_0`, `member_1` ...
    """
    members = getattr(network, "members", None)
    if members is None:
        return {variable.path: variable for variable in network.weights if not is_random_state(variable)}
    return {
        f"member_{number}/{path}": variable
        for number, member in enumerate(members)
        for path, variable in named_variables(member).items()
    }


def is_random_state(variable: Any) -> bool:
    """Whether the variable is the state of a dropout's random numbers, which no forecast depends on."""
    return "seed_generator" in variable.path


def read(folder: str | Path) -> tuple[Any, Facts]:
    """Verify a model folder, rebuild its network from this package's code and replay its golden forecasts.

    Returns the predictor and the facts of its training.

    Raises:
        ArtifactError: a file is missing, extra, a link, changed or too large; a field is unknown; a weight
            is missing, has another shape or is not finite; or the model does not answer as it did.
    """
    folder = Path(folder)
    verify(folder)
    spec = read_json(folder / SPEC_FILE)
    require_schema(folder, spec)
    try:
        predictor = rebuild(folder, Task.from_dict(spec["task"]), ModelSpec.from_dict(spec["spec"]))
        facts = Facts.from_dict(spec["facts"])
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{folder / SPEC_FILE} does not describe a model: {error!r}.", code="spec") from error
    if (folder / CALIBRATION_FILE).is_file():
        values = read_json(folder / CALIBRATION_FILE)
        predictor = predictor.calibrated(Calibration.from_dict(values, predictor.task.horizon))
    replay(folder, predictor)
    return predictor, facts


def require_schema(folder: Path, spec: dict[str, Any]) -> None:
    """Raise an `ArtifactError` when a description is of a schema version that this package does not read."""
    found = spec.get("schema_version")
    if found == SCHEMA_VERSION:
        return
    is_newer = isinstance(found, int) and found > SCHEMA_VERSION
    fix = "upgrade this package" if is_newer else "train the model again, or load it with the version that wrote it"
    raise ArtifactError(
        f"{folder} has schema version {found!r}; this version reads {SCHEMA_VERSION}. Fix: {fix}.",
        code="schema_version",
    )


def read_learner(folder: str | Path) -> LearnerState | None:
    """Return from where the learner of a verified model folder goes on; None where it does not.

    Raises:
        ArtifactError: the file is not what was written.
    """
    path = Path(folder) / LEARNER_FILE
    return LearnerState.read(path) if path.is_file() else None


def verify(folder: Path) -> str:
    """Check names, kinds, sizes and hashes before anything is parsed; return the digest of the manifest.

    Raises:
        ArtifactError: see `read`.
    """
    if not (folder / MANIFEST_FILE).is_file():
        raise ArtifactError(f"{folder} is no model folder: {MANIFEST_FILE} is missing.", code="missing_file")
    found = sorted(entry.name for entry in os.scandir(folder))
    if sorted({*found} - {*OPTIONAL_FILES}) != sorted((*FILES, MANIFEST_FILE)):
        raise ArtifactError(
            f"{folder} must hold exactly {', '.join((*FILES, MANIFEST_FILE))}, and {LEARNER_FILE} where the model goes "
            f"on learning, and {CALIBRATION_FILE} where it is calibrated. Got {', '.join(found)}.",
            code="files",
        )
    for name in found:
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise ArtifactError(f"{path} must be a plain file, and is a link or something else.", code="not_a_file")
        most = MAX_CALIBRATION_BYTES if name == CALIBRATION_FILE else MAX_BYTES
        if path.stat().st_size > most:
            raise ArtifactError(f"{path} has {path.stat().st_size} bytes; at most {most} are read.", code="too_large")
    recorded = read_json(folder / MANIFEST_FILE).get("files", {})
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


def require_digest(folder: Path, digest: str) -> str:
    """Check a folder as `verify` does, and that its manifest is the one with this digest ("" accepts any)."""
    found = verify(folder)
    if digest and found != digest:
        raise ArtifactError(
            f"{folder} is not the model that was registered: digest {found[:12]}, not {digest[:12]}.", code="digest"
        )
    return found


def rebuild(folder: Path, task: Task, spec: ModelSpec) -> Any:
    """Build the network from code and give it the weights of the folder."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from forecasting.network import build_network
    from forecasting.predictor import Predictor

    network = build_network(spec, task)
    try:
        stored = load_file(folder / WEIGHTS_FILE)
    except SafetensorError as error:
        raise ArtifactError(f"{folder / WEIGHTS_FILE} cannot be read: {error}.", code="weights") from error
    wanted = named_variables(network)
    if set(stored) != set(wanted):
        names = ", ".join(sorted(set(stored) ^ set(wanted))[:3])
        raise ArtifactError(
            f"{folder / WEIGHTS_FILE} does not fit the model: {names} missing or unknown.", code="weights"
        )
    for path, variable in wanted.items():
        value = stored[path]
        if value.shape != tuple(variable.shape) or not np.isfinite(value).all():
            raise ArtifactError(
                f"Weight {path} in {folder / WEIGHTS_FILE} has shape {value.shape} (wanted {tuple(variable.shape)}) "
                "or numbers that are not finite.",
                code="weights",
            )
        variable.assign(value)
    return Predictor(spec, task, network)


def golden_panel(task: Task) -> Any:
    """Return the three generated series of `golden_values` on the task's grid."""
    from forecasting.data.calendar import Frequency
    from forecasting.data.covariates import example_covariates
    from forecasting.data.panel import Panel
    from forecasting.data.statics import example_statics

    frequency = Frequency.parse(task.freq)
    start = frequency.first_on_grid(np.datetime64("2024-01-01T00:00:00", "us"))
    panel = Panel.from_arrays(
        ["season", "gaps", "constant"], [start] * 3, golden_values(task), frequency, symbols=task.symbols
    )
    if any(task.covariate_counts):
        # twice the horizon is known ahead: enough to be rolled out once
        panel = panel.with_covariates(example_covariates(task.covariate_kinds, panel.lengths, 2 * task.horizon))
    return panel.with_statics(example_statics(task.static_covariates, 3))


def golden_values(task: Task) -> list[np.ndarray]:
    """Return a season on a level, noise with gaps, a constant; of symbols: all in turn, random ones with gaps, one."""
    rng = np.random.default_rng(0)
    step = np.arange(task.context_length)
    if task.symbols:
        count = len(task.symbols)
        random = rng.integers(0, count, len(step)).astype(float)
        random[1::7] = np.nan
        return [step % count, random, np.zeros(len(step))]
    season = 100 + 10 * np.sin(2 * np.pi * step / max(task.season[0], 2)) + 0.01 * step
    noise = rng.normal(0, 1, len(step))
    noise[1::7] = np.nan
    return [season, noise, np.full(len(step), 7.0)]


def golden(predictor: Any) -> dict[str, Any]:
    """Return three inputs and their forecasts, as JSON."""
    panel = golden_panel(predictor.task)
    levels = golden_levels(predictor)
    answer = predictor.predict_panel(panel, None, levels)
    histories = np.split(panel.y, panel.offsets[1:-1])
    return {
        **({"quantile_levels": levels, "quantiles": answer.quantiles.tolist()} if levels else {}),
        "histories": [[None if np.isnan(value) else value for value in history] for history in histories],
        "forecasts": numbers_of(answer).tolist(),
        "tolerance": GOLDEN_TOLERANCE,
    }


def golden_levels(predictor: Any) -> tuple[float, ...]:
    """Return the quantile levels that are replayed: the outermost ones of a calibrated model, none of others."""
    return tuple(sorted({*predictor.quantile_range})) if predictor.calibration else ()


def numbers_of(answer: Any) -> np.ndarray:
    """Return what a replay compares: medians [3, H], or probabilities [3, H, K], which are no matter of a hair."""
    return np.asarray(answer.probabilities if answer.symbols else answer.median)


def replay(folder: Path, predictor: Any) -> None:
    """Ask for the golden forecasts again.

    Raises:
        ArtifactError: a forecast differs by more than the tolerance, relative to its window's scale.
    """
    record = read_json(folder / GOLDEN_FILE)
    panel = golden_panel(predictor.task)
    histories = [np.array([np.nan if value is None else value for value in row]) for row in record["histories"]]
    panel = panel.with_values(np.concatenate(histories))
    try:
        answer = predictor.predict_panel(panel, None, golden_levels(predictor))
    except ForecastingError as error:
        raise ArtifactError(f"{folder} does not answer its golden inputs: {error}", code="golden") from error
    scale = np.array([max(np.nanstd(row), 1e-3 * np.nanmax(np.abs(row))) for row in histories])
    scale = np.ones(len(histories)) if answer.symbols else scale
    hair = 1.0 if predictor.network.head.is_whole else 0.0  # it may decide between two neighbouring counts
    difference = np.abs(numbers_of(answer) - np.array(record["forecasts"])).reshape(len(scale), -1)
    difference = np.maximum(difference - hair, 0) / scale[:, None]
    if answer.quantile_levels or "quantiles" in record:
        difference = np.append(difference, quantile_difference(record, answer, predictor.calibration, scale, hair))
    if not difference.max() <= GOLDEN_TOLERANCE:
        raise ArtifactError(
            f"{folder} does not answer as it did when it was written: golden forecasts differ by "
            f"{difference.max():.3g} of the window's scale, {GOLDEN_TOLERANCE:g} is allowed.",
            code="golden",
        )


def quantile_difference(
    record: dict[str, Any], answer: Any, calibration: Calibration, scale: np.ndarray, hair: float
) -> float:
    """Return how far calibrated quantiles are from the record, by the window's scale and the ratio it is stretched by.

    Infinite where the record was not made with this calibration: it has other levels, or none.
    """
    wanted = np.array(record.get("quantiles", []))
    if record.get("quantile_levels") != list(answer.quantile_levels) or wanted.shape != answer.quantiles.shape:
        return float("inf")
    stretched = scale * max(1.0, float(np.abs(calibration.ratios).max()))
    difference = np.maximum(np.abs(answer.quantiles - wanted) - hair, 0)
    return float((difference / stretched[:, None, None]).max())


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
