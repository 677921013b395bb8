"""The folder of a batch run: what is where, who works in it, and what is done."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forecasting.errors import ForecastingError
from forecasting.store.model_folder import sha256
from pipelines.terminal.exits import try_again

#: Seconds that a runner waits for a status look to let go of the folder.
LOCK_SECONDS = 1.0


@dataclass(frozen=True)
class PartCounts:
    """How much came in and went out; every series that comes in is forecast or set aside."""

    series_in: int = 0
    series_forecast: int = 0
    series_quarantined: int = 0
    rows_in: int = 0
    rows_out: int = 0

    @classmethod
    def sum(cls, parts: Iterable[PartCounts]) -> PartCounts:
        """Return the counts of all parts together."""
        columns = zip(*(asdict(part).values() for part in parts), strict=True)
        return cls(*map(sum, columns))


@dataclass(frozen=True)
class PartState:
    """What is known about a finished part.

    Attributes:
        part: its number.
        counts: series and rows in and out.
        data_sha256: hash of the file of its forecasts.
        quarantine_sha256: hash of the file of the series that were set aside.
    """

    part: int
    counts: PartCounts
    data_sha256: str
    quarantine_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        hashes = {"data_sha256": self.data_sha256, "quarantine_sha256": self.quarantine_sha256}
        return {"part": self.part, **asdict(self.counts), **hashes}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PartState:
        """Read the JSON form.

        Raises:
            KeyError: a field is missing.
        """
        counts = PartCounts(**{name: values[name] for name in asdict(PartCounts())})
        return cls(values["part"], counts, values["data_sha256"], values["quarantine_sha256"])


@dataclass(frozen=True)
class RunFolder:
    """A folder `run=<id>`.

    Attributes:
        path: where it is.
    """

    path: Path

    def data(self, part: int) -> Path:
        """Forecasts of a part."""
        return self.path / f"part={part}" / "data.parquet"

    def quarantine(self, part: int) -> Path:
        """Series of a part that were set aside, and why."""
        return self.path / "quarantine" / f"part={part}.parquet"

    def state(self, part: int) -> Path:
        """What is known about a finished part."""
        return self.path / "state" / f"part-{part}.json"

    @property
    def plan(self) -> Path:
        """What the run is made of: inputs, model, parameters."""
        return self.path / "state" / "plan.json"

    @property
    def work(self) -> Path:
        """Input rows, sorted into parts; gone when the run is complete."""
        return self.path / "_work"

    @property
    def manifest(self) -> Path:
        """Plan, parts, hashes and totals."""
        return self.path / "_MANIFEST.json"

    @property
    def success(self) -> Path:
        """Written last; holds the hash of the manifest."""
        return self.path / "_SUCCESS"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runners out of the folder.

        Raises:
            JobError: one is at work (try again).
        """
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDONLY)
        try:
            deadline = time.monotonic() + LOCK_SECONDS
            while not try_lock(handle, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise try_again(f"Another process is working on {self.path}. Wait for it, or try again.")
                time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    def is_running(self) -> bool:
        """Whether a runner is at work."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            return not try_lock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def recorded(self, part: int) -> PartState:
        """Return the state of a part as it was written.

        Raises:
            OSError: it was not.
            ValueError: it is no JSON.
            KeyError: a field is missing.
        """
        return PartState.from_dict(json.loads(self.state(part).read_text(encoding="utf-8")))

    def finished(self, part: int) -> PartState | None:
        """Return the state of a part whose files are there as they were written; None of any other."""
        try:
            state = self.recorded(part)
            hashes = sha256(self.data(part)), sha256(self.quarantine(part))
        except (OSError, ValueError, KeyError):
            return None
        return state if hashes == (state.data_sha256, state.quarantine_sha256) else None


def try_lock(handle: int, mode: int) -> bool:
    """Lock an open folder where nobody else has; return whether that worked."""
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def identity_hash(identity: dict[str, Any]) -> str:
    """Return the id of a run: the same for the same inputs, model and parameters."""
    text = json.dumps(identity, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def runs_in(folder: str) -> list[RunFolder]:
    """Return the runs in an output folder, or the run that the folder is.

    Raises:
        ForecastingError: there are none.
    """
    path = Path(folder)
    folders = [path] if (path / "state").is_dir() else sorted(path.glob("run=*")) if path.is_dir() else []
    if not folders:
        text = f"There is no batch run in {folder}. Fix: name the --out of `forecast batch`."
        raise ForecastingError(text, code="no_run")
    return [RunFolder(one) for one in folders]


def status(run: RunFolder) -> dict[str, Any]:
    """Return how far a run is."""
    try:
        plan = json.loads(run.plan.read_text(encoding="utf-8"))
        states = [run.recorded(part) for part in plan["parts"] if run.state(part).is_file()]
    except (OSError, ValueError, KeyError):
        plan, states = {"parts": []}, []
    return {
        "run": run.path.name.removeprefix("run="),
        "folder": str(run.path),
        "model": plan.get("model"),
        "state": stage(run, len(plan["parts"]), len(states)),
        "parts": len(plan["parts"]),
        "parts_done": len(states),
        **asdict(PartCounts.sum(state.counts for state in states)),
    }


def stage(run: RunFolder, parts: int, done: int) -> str:
    """Return the word for how far a run is, of whose parts so many are done."""
    if run.success.is_file():
        return "complete"
    if run.is_running():
        return "running"
    return "over budget" if parts and done == parts else "interrupted"
