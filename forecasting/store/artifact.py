"""A model as a folder: numbers and JSON, no code, no training data; written whole, verified before it answers."""

from __future__ import annotations

import platform
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from forecasting.config.task import Task
from forecasting.errors import ArtifactError, ConfigError
from forecasting.models.spec import ModelSpec
from forecasting.prediction.calibration import Calibration
from forecasting.store.facts import Facts
from forecasting.store.folders import replace_folder, write_bytes
from forecasting.store.golden import golden, replay
from forecasting.store.learner_state import LearnerState
from forecasting.store.model_folder import (
    CALIBRATION_FILE,
    GOLDEN_FILE,
    LEARNER_FILE,
    MANIFEST_FILE,
    OPTIONAL_FILES,
    REPORT_FILE,
    SPEC_FILE,
    WEIGHTS_FILE,
    manifest_of,
    read_json,
    require_place,
    verify,
    write_json,
)

if TYPE_CHECKING:
    import keras

    from forecasting.network.build import Network
    from forecasting.prediction.predictor import Predictor
    from forecasting.store.report import Report

#: What is written; folders of all versions before are read.
SCHEMA_VERSION = 2

#: What `forecaster.json` says, in every schema so far.
FIELDS = frozenset({"schema_version", "task", "spec", "facts", "libraries"})

LIBRARIES = ("tensorflow", "keras", "numpy", "pandas", "safetensors", "holidays")


@dataclass(frozen=True, eq=False)
class Artifact:
    """What is kept of a model.

    Attributes:
        predictor: the model.
        facts: what is recorded about its training.
        learner: from where an online learner goes on; None where it does not.
        report: how well the model did before it was kept; None where that was not measured.
    """

    predictor: Predictor
    facts: Facts
    learner: LearnerState | None = None
    report: Report | None = None

    def write(self, folder: str | Path) -> Path:
        """Write the model into `folder`, which must not exist or be an older artifact; never leaves half a model.

        Raises:
            ArtifactError: see `require_place`.
            OSError: there is no room, or a folder cannot be moved; an older artifact is untouched.
        """
        require_place(folder)
        place = Path(folder).resolve()  # where a link points to is replaced, not the link
        place.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            self.write_files(part)
            part.chmod(0o755)
            replace_folder(part, place)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return Path(folder)

    def write_files(self, folder: Path) -> None:
        """Write the files of a model and, last, the manifest that vouches for them."""
        from safetensors.numpy import save

        predictor = self.predictor
        write_json(folder / SPEC_FILE, self.description())
        write_bytes(folder / WEIGHTS_FILE, save(named_weights(predictor.network)))  # `save_file`: its owner alone reads
        write_json(folder / GOLDEN_FILE, golden(predictor))
        if self.learner is not None:
            self.learner.write(folder / LEARNER_FILE)
        if predictor.calibration is not None:
            write_json(folder / CALIBRATION_FILE, predictor.calibration.to_dict())
        if self.report is not None:
            write_json(folder / REPORT_FILE, self.report.to_dict())
        write_json(folder / MANIFEST_FILE, manifest_of(folder))

    def description(self) -> dict[str, Any]:
        """Return what `forecaster.json` says."""
        return {
            "schema_version": SCHEMA_VERSION,
            "task": self.predictor.task.to_dict(),
            "spec": self.predictor.spec.to_dict(),
            "facts": vars(self.facts),
            "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        }

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Verify a model folder, rebuild its network from this package's code and replay its golden forecasts.

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
        except (ConfigError, KeyError, TypeError) as error:
            what = str(error) if isinstance(error, ConfigError) else f"{error!r}."
            raise ArtifactError(f"{folder / SPEC_FILE} does not describe a model: {what}", code="spec") from error
        if (folder / CALIBRATION_FILE).is_file():
            values = read_json(folder / CALIBRATION_FILE)
            predictor = predictor.calibrated(Calibration.from_dict(values, predictor.task.horizon))
        replay(read_json(folder / GOLDEN_FILE), predictor, folder)
        learner, report = folder / LEARNER_FILE, folder / REPORT_FILE
        return cls(
            predictor,
            facts,
            LearnerState.read(learner) if learner.is_file() else None,
            read_report(report) if report.is_file() else None,
        )


def require_schema(folder: Path, spec: Any) -> None:
    """Raise an `ArtifactError` where a description, or a file of the folder, is none of a schema that we read."""
    found = spec.get("schema_version") if isinstance(spec, dict) else None
    if not isinstance(found, int) or not 1 <= found <= SCHEMA_VERSION:
        is_newer = isinstance(found, int) and found > SCHEMA_VERSION
        fix = "upgrade this package" if is_newer else "train the model again, or load it with the version that wrote it"
        raise ArtifactError(
            f"{folder} has schema version {found!r}; this version reads 1 to {SCHEMA_VERSION}. Fix: {fix}.",
            code="schema_version",
        )
    unknown = sorted(set(spec) - FIELDS)
    unknown += [name for name, since in OPTIONAL_FILES.items() if found < since and (folder / name).exists()]
    if unknown:
        text = f"{folder} has schema version {found}, which knows no {', '.join(unknown)}."
        raise ArtifactError(f"{text} Fetch or train the model again.", code="unknown_field")


def read_report(path: Path) -> Report:
    """Read the report of a verified model folder.

    Raises:
        ArtifactError: it is none.
    """
    from forecasting.store.report import Report

    return Report.from_dict(read_json(path))


def named_weights(network: Network) -> dict[str, np.ndarray]:
    """Return all weights by path."""
    return {path: np.asarray(variable) for path, variable in named_variables(network).items()}


def named_variables(network: Network) -> dict[str, keras.Variable]:
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


def is_random_state(variable: keras.Variable) -> bool:
    """Whether the variable is the state of a dropout's random numbers, which no forecast depends on."""
    return "seed_generator" in variable.path


def rebuild(folder: Path, task: Task, spec: ModelSpec) -> Predictor:
    """Build the network from code and give it the weights of the folder."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from forecasting.network.build import build_network
    from forecasting.prediction.predictor import Predictor

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
