"""Whether a batch run is still as it was written: every file, and every series forecast or set aside."""

from __future__ import annotations

import json
from dataclasses import asdict

import pyarrow.compute as pc
import pyarrow.parquet as pq

from forecasting.schema import UNIQUE_ID
from forecasting.store.model_folder import sha256
from pipelines.batch.run_folder import PartCounts, PartState, RunFolder, identity_hash


def problems_of(run: RunFolder) -> list[str]:
    """Return what is wrong with a run: nothing, when every file is the one that was written and no series is lost."""
    if not run.success.is_file() or not run.manifest.is_file():
        return [f"{run.path} is not complete: {run.success.name} is missing."]
    if run.success.read_text(encoding="utf-8").strip() != sha256(run.manifest):
        return [f"{run.manifest} is not the one that was written."]
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    states = [PartState.from_dict(values) for values in manifest["parts"]]
    problems = [problem for state in states for problem in part_problems(run, state)]
    expected = {path for state in states for path in (run.data(state.part), run.quarantine(state.part))}
    there = {*run.path.glob("part=*/*"), *run.path.glob("quarantine/*")}
    problems += [f"{path} belongs to no part." for path in sorted(there - expected)]
    if identity_hash(manifest["identity"]) != manifest["run"] or run.path.name != f"run={manifest['run']}":
        problems.append(f"{run.path} is not the folder of run {manifest['run']}.")
    if asdict(PartCounts.sum(state.counts for state in states)) != manifest["totals"]:
        problems.append(f"{run.manifest}: the totals are not the sums of the parts.")
    return problems


def part_problems(run: RunFolder, state: PartState) -> list[str]:
    """Return what is wrong with a part: files against hashes, series in files against counts."""
    data, quarantine = run.data(state.part), run.quarantine(state.part)
    for path, written in ((data, state.data_sha256), (quarantine, state.quarantine_sha256)):
        if not path.is_file():
            return [f"{path} is missing."]
        if sha256(path) != written:
            return [f"{path} is not the file that was written: its sha256 differs."]
    ids = pq.read_table(data, columns=[UNIQUE_ID])[UNIQUE_ID]
    counted = pc.count_distinct(ids).as_py(), pq.read_metadata(quarantine).num_rows
    recorded = state.counts.series_forecast, state.counts.series_quarantined
    if counted != recorded or sum(counted) != state.counts.series_in:
        return [f"Part {state.part} has {counted} series forecast and set aside; {recorded} are recorded."]
    return []
