"""The folder of a batch run: what is where, who works in it, what is done, and whether it is still as written."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecasting.errors import ForecastingError
from forecasting.schema import UNIQUE_ID
from pipelines.exits import try_again

#: Seconds that a runner waits for a status look to let go of the folder.
LOCK_SECONDS = 1.0

COUNTS = ("series_in", "series_forecast", "series_quarantined", "rows_in", "rows_out")


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
            while not taken(handle, fcntl.LOCK_EX):
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
            return not taken(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def done(self, part: int) -> dict[str, Any] | None:
        """Return the state of a part that is finished and whole, or None."""
        try:
            state: dict[str, Any] = json.loads(self.state(part).read_text(encoding="utf-8"))
            whole = all(sha256(path) == state[name] for name, path in self.hashed(part).items())
        except (OSError, ValueError, KeyError):
            return None
        return state if whole else None

    def hashed(self, part: int) -> dict[str, Path]:
        """Return the files of a part by the field that holds their hash."""
        return {"data_sha256": self.data(part), "quarantine_sha256": self.quarantine(part)}


def taken(handle: int, mode: int) -> bool:
    """Try to lock an open folder."""
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identity_hash(identity: dict[str, Any]) -> str:
    """Return the id of a run: the same for the same inputs, model and parameters."""
    text = json.dumps(identity, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def totals(states: list[dict[str, Any]]) -> dict[str, int]:
    """Return the counts of all parts together."""
    return {name: sum(state[name] for state in states) for name in COUNTS}


def runs_in(folder: str) -> list[RunFolder]:
    """Return the runs in an output folder, or the run that the folder is.

    Raises:
        ForecastingError: there are none.
    """
    path = Path(folder)
    found = [path] if (path / "state").is_dir() else sorted(path.glob("run=*")) if path.is_dir() else []
    if not found:
        text = f"There is no batch run in {folder}. Fix: name the --out of `forecast batch`."
        raise ForecastingError(text, code="no_run")
    return [RunFolder(one) for one in found]


def status(run: RunFolder) -> dict[str, Any]:
    """Return how far a run is."""
    try:
        plan = json.loads(run.plan.read_text(encoding="utf-8"))
        states = [json.loads(run.state(part).read_text("utf-8")) for part in plan["parts"] if run.state(part).is_file()]
    except (OSError, ValueError, KeyError):
        plan, states = {"parts": []}, []
    found = {"run": run.path.name.removeprefix("run="), "folder": str(run.path), "model": plan.get("model")}
    done = {"parts": len(plan["parts"]), "parts_done": len(states), **totals(states)}
    return {**found, "state": stage(run, done), **done}


def stage(run: RunFolder, done: dict[str, Any]) -> str:
    """Return the word for how far a run is."""
    if run.success.is_file():
        return "complete"
    if run.is_running():
        return "running"
    return "over budget" if done["parts"] and done["parts_done"] == done["parts"] else "interrupted"


def verify(run: RunFolder) -> list[str]:
    """Return what is wrong with a run: nothing, when every file is the one that was written and no series is lost."""
    if not run.success.is_file() or not run.manifest.is_file():
        return [f"{run.path} is not complete: {run.success.name} is missing."]
    if run.success.read_text(encoding="utf-8").strip() != sha256(run.manifest):
        return [f"{run.manifest} is not the one that was written."]
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    problems = [problem for state in manifest["parts"] for problem in verify_part(run, state)]
    expected = {path for state in manifest["parts"] for path in run.hashed(state["part"]).values()}
    found = {*run.path.glob("part=*/*"), *run.path.glob("quarantine/*")}
    problems += [f"{path} belongs to no part." for path in sorted(found - expected)]
    if identity_hash(manifest["identity"]) != manifest["run"] or run.path.name != f"run={manifest['run']}":
        problems.append(f"{run.path} is not the folder of run {manifest['run']}.")
    if totals(manifest["parts"]) != manifest["totals"]:
        problems.append(f"{run.manifest}: the totals are not the sums of the parts.")
    return problems


def verify_part(run: RunFolder, state: dict[str, Any]) -> list[str]:
    """Return what is wrong with a part: files against hashes, series in files against counts."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    part = state["part"]
    for name, path in run.hashed(part).items():
        if not path.is_file():
            return [f"{path} is missing."]
        if sha256(path) != state[name]:
            return [f"{path} is not the file that was written: its sha256 differs."]
    ids = pq.read_table(run.data(part), columns=[UNIQUE_ID])[UNIQUE_ID]
    counted = pc.count_distinct(ids).as_py(), pq.read_metadata(run.quarantine(part)).num_rows
    recorded = state["series_forecast"], state["series_quarantined"]
    if counted != recorded or sum(counted) != state["series_in"]:
        return [f"Part {part} has {counted} series forecast and set aside; {recorded} are recorded."]
    return []
