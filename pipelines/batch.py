"""The batch job: forecasts of any number of series, in parts, resumable, with every series accounted for."""

from __future__ import annotations

import functools
import json
import math
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from forecasting import artifact, registry
from pipelines.batch_parts import Asked, forecast_part, predictor_of, sort_into_parts, work_file
from pipelines.batch_state import RunFolder, identity_hash, sha256, status, totals
from pipelines.console import progress, say
from pipelines.exits import TOO_MANY_QUARANTINED, UNEXPECTED, JobError, try_again
from pipelines.sinks import needing_room, sweep, write_atomic, write_json, write_table
from pipelines.sources import Source

#: Changes when the same inputs would give other files.
FORMAT = 1

#: Folder of the known covariates of the steps ahead, sorted into the parts of their series.
FUTURE = "future"

#: Rows of a part, about: what one process holds in memory at a time.
PART_ROWS = 2_000_000


@dataclass(frozen=True)
class BatchRequest:
    """What to forecast and where to put it.

    Attributes:
        model: model folder or registry reference.
        out: folder of runs.
        asked: what is asked of the model; its folder is filled in.
        max_quarantine: share of series that may be set aside.
        parts: number of parts; by size when None.
        workers: processes.
        future: where the known covariates of the steps ahead are; in rows of the data when None.
    """

    model: str
    out: str
    asked: Asked
    max_quarantine: float = 0.01
    parts: int | None = None
    workers: int = 1
    future: str | None = None


def run(source: Source, request: BatchRequest) -> dict[str, Any]:
    """Forecast a source; go on where an earlier run of the same inputs, model and parameters stopped.

    Returns:
        The status of the run, with `was_complete` when there was nothing to do.

    Raises:
        JobError: too many series were set aside (4), or another process is at work (5).
        ForecastingError: the input or the model has a problem.
    """
    folder = registry.resolve(request.model)
    asked = replace(request.asked, model=str(folder))
    identity = identity_of(source, artifact.verify(folder), request)
    place = RunFolder(Path(request.out) / f"run={identity_hash(identity)}")
    if place.success.is_file():
        say(f"{place.path} is already complete.")
        return {**status(place), "was_complete": True}
    require_answerable(asked)
    with place.lock():
        sweep(place.path)
        task = predictor_of(asked.model).task
        future = source.future(request.future, task.known_names) if request.future else None
        if future and not task.known_covariates:
            say("The model has no known covariates; --future is not read.")
            future = None
        parts = prepare(source.read_for(task), identity, place, request, future)
        states = forecast_all(place, parts, asked, request.workers)
        finish(place, identity, request, states)
    return {**status(place), "was_complete": False}


def require_answerable(asked: Asked) -> None:
    """Load the model and refuse what it cannot answer, before any row is read.

    Raises:
        ForecastingError: the model is damaged, or the horizon or a level is not one it can answer.
    """
    predictor = predictor_of(asked.model)
    trained = predictor.task.horizon
    predictor.question(asked.horizon, level=asked.level)
    if (asked.horizon or trained) > trained:
        say(f"Horizon {asked.horizon} is longer than the trained {trained}: the forecasts are rolled out.")


def identity_of(source: Source, digest: str, request: BatchRequest) -> dict[str, Any]:
    """Return everything that the forecasts depend on."""
    parameters = {name: value for name, value in asdict(request.asked).items() if name != "model"}
    parameters["level"] = list(request.asked.level)
    future = {"future": source.future(request.future).manifest()} if request.future else {}
    return {
        **future,
        "format": FORMAT,
        "inputs": source.manifest(),
        "model_digest": digest,
        "parameters": parameters,
        "parts": number_of_parts(source, request),
    }


def number_of_parts(source: Source, request: BatchRequest) -> int:
    """Return how many parts the input is sorted into."""
    return request.parts or max(1, math.ceil(source.rows() / PART_ROWS))


def prepare(
    source: Source, identity: dict[str, Any], place: RunFolder, request: BatchRequest, future: Source | None
) -> list[int]:
    """Sort the input into parts, unless that is done already; return their numbers.

    Raises:
        NoDataError: the input has no rows.
    """
    ready = place.work / "_READY"
    if place.plan.is_file():
        parts: list[int] = json.loads(place.plan.read_text(encoding="utf-8"))["parts"]
        if ready.is_file() or all(place.done(part) for part in parts):
            return parts
    shutil.rmtree(place.work, ignore_errors=True)
    with progress("sorting rows into parts"), needing_room(place.work):
        parts = sort_into_parts(source, identity["parts"], request.asked.as_of, place.work)
        if future:
            sort_into_parts(future, identity["parts"], None, place.work / FUTURE)
    if not parts:
        shutil.rmtree(place.path, ignore_errors=True)
        raise source.empty()
    write_json(place.plan, {"identity": identity, "model": request.model, "parts": parts})
    write_atomic(ready, lambda part: part.write_text("", encoding="utf-8"))
    return parts


def forecast_all(place: RunFolder, parts: list[int], asked: Asked, workers: int) -> list[dict[str, Any]]:
    """Forecast the parts that are not done; return the states of all, in order."""
    states = {part: state for part in parts if (state := place.done(part)) is not None}
    left = [part for part in parts if part not in states]
    if states:
        say(f"{len(states)} of {len(parts)} parts are done already.")
    with progress("forecasting", len(parts)) as advance:
        for state in worked_off(place, left, asked, min(workers, len(left))):
            states[state["part"]] = state
            series = sum(one["series_in"] for one in states.values())
            advance(len(states), len(parts), f"{len(states)} of {len(parts)} parts, {series} series")
    return [states[part] for part in parts]


def worked_off(place: RunFolder, parts: list[int], asked: Asked, workers: int) -> Iterator[dict[str, Any]]:
    """Yield the states of parts as they get done: here, or in spawned processes where there are several workers.

    Raises:
        JobError: a process died, most likely for want of memory (try again).
    """
    work = functools.partial(forecast_and_write, place, asked=asked)
    if workers <= 1:
        yield from map(work, parts)
        return
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawning, initializer=begin_worker) as pool:
        futures = [pool.submit(work, part) for part in parts]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise try_again("A worker process died, most likely for want of memory. Give fewer --workers.") from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def begin_worker() -> None:
    """Let the parent decide when a worker stops: Ctrl-C on a terminal reaches all processes, a kill only the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """End this process when its parent has ended, however that came about: nobody waits for its work any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(UNEXPECTED)


def forecast_and_write(place: RunFolder, part: int, asked: Asked) -> dict[str, Any]:
    """Forecast one part and write its files, its state last."""
    ahead = work_file(place.work / FUTURE, part)
    result = forecast_part(read_work(work_file(place.work, part)), asked, read_work(ahead) if ahead.is_file() else None)
    write_table(place.data(part), result.forecast)
    write_table(place.quarantine(part), result.quarantine)
    hashes = {name: sha256(path) for name, path in place.hashed(part).items()}
    state = {"part": part, **result.counts, **hashes}
    write_json(place.state(part), state)
    return state


def read_work(path: Path) -> pa.Table:
    """Return the rows of a work file."""
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as rows:
        return rows.read_all()


def finish(place: RunFolder, identity: dict[str, Any], request: BatchRequest, states: list[dict[str, Any]]) -> None:
    """Write the manifest and, when few enough series were set aside, declare the run complete.

    Raises:
        JobError: too many series were set aside; the forecasts of the others are kept.
    """
    counts = totals(states)
    run_id = identity_hash(identity)
    write_json(
        place.manifest,
        {"run": run_id, "identity": identity, "model": request.model, "parts": states, "totals": counts},
    )
    aside, share = counts["series_quarantined"], counts["series_quarantined"] / max(counts["series_in"], 1)
    if share > request.max_quarantine:
        raise JobError(
            f"{aside} of {counts['series_in']} series ({share:.2%}) were set aside; {request.max_quarantine:.2%} are "
            f"allowed. {place.path / 'quarantine'} says why. Fix: repair the data, or raise --max-quarantine.",
            TOO_MANY_QUARANTINED,
        )
    shutil.rmtree(place.work, ignore_errors=True)
    digest = sha256(place.manifest)
    write_atomic(place.success, lambda part: part.write_text(digest + "\n", encoding="utf-8"))
