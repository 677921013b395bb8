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
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forecasting.store import registry
from forecasting.store.model_folder import sha256, verify
from pipelines.batch.forecast import forecast_part, predictor_of
from pipelines.batch.parts import read_work, sort_into_parts, work_file
from pipelines.batch.run_folder import PartCounts, PartState, RunFolder, identity_hash, status
from pipelines.files.request import Columns
from pipelines.files.sinks import needing_room, sweep, write_sorted_json, write_table, write_text
from pipelines.files.sources import DataSource
from pipelines.options.requests import BatchRequest
from pipelines.terminal.console import say
from pipelines.terminal.exits import TOO_MANY_QUARANTINED, UNEXPECTED, JobError, try_again
from pipelines.terminal.progress import progress

#: Changes when the same inputs would give other files.
FORMAT = 1

#: Folder of the known covariates of the steps ahead, sorted into the parts of their series.
FUTURE = "future"

#: Rows of a part, about: what one process holds in memory at a time.
PART_ROWS = 2_000_000


def run_batch(source: DataSource, request: BatchRequest) -> dict[str, Any]:
    """Forecast a source; go on where an earlier run of the same inputs, model and parameters stopped.

    Returns:
        The status of the run, with `was_complete` when there was nothing to do.

    Raises:
        JobError: too many series were set aside (4), or another process is at work (5).
        ForecastingError: the input or the model has a problem.
    """
    model = registry.resolve(request.model)
    identity = identity_of(source, verify(model), request)
    run = RunFolder(Path(request.out) / f"run={identity_hash(identity)}")
    if run.success.is_file():
        say(f"{run.path} is already complete.")
        return {**status(run), "was_complete": True}
    require_answerable(model, request)
    with run.lock():
        sweep(run.path)
        parts = prepare(run, source, identity, model, request)
        states = forecast_parts(run, parts, model, request)
        complete(run, identity, states, request)
    return {**status(run), "was_complete": False}


def require_answerable(model: Path, request: BatchRequest) -> None:
    """Load the model and refuse what it cannot answer, before any row is read.

    Raises:
        ForecastingError: the model is damaged, or the horizon or a level is not one it can answer.
    """
    predictor = predictor_of(model)
    trained, horizon = predictor.task.horizon, predictor.question(request.horizon, level=request.level).horizon
    if horizon > trained:
        say(f"Horizon {horizon} is longer than the trained {trained}: the forecasts are rolled out.")


def identity_of(source: DataSource, digest: str, request: BatchRequest) -> dict[str, Any]:
    """Return everything that the forecasts depend on."""
    future = {"future": source.future(request.future).manifest()} if request.future else {}
    return {
        **future,
        "format": FORMAT,
        "inputs": source.manifest(),
        "model_digest": digest,
        "parameters": {"horizon": request.horizon, "level": list(request.level), "as_of": request.as_of},
        "parts": number_of_parts(source, request),
    }


def number_of_parts(source: DataSource, request: BatchRequest) -> int:
    """Return how many parts the input is sorted into."""
    return request.parts or max(1, math.ceil(source.rows() / PART_ROWS))


def prepare(
    run: RunFolder, source: DataSource, identity: dict[str, Any], model: Path, request: BatchRequest
) -> list[int]:
    """Sort the input into parts, unless that is done already; return their numbers.

    Raises:
        NoDataError: the input has no rows.
    """
    ready = run.work / "_READY"
    if run.plan.is_file():
        parts: list[int] = json.loads(run.plan.read_text(encoding="utf-8"))["parts"]
        if ready.is_file() or all(run.finished(part) for part in parts):
            return parts
    shutil.rmtree(run.work, ignore_errors=True)
    task, count = predictor_of(model).task, identity["parts"]
    source = source.reading(Columns.of(task))
    with progress("sorting rows into parts"), needing_room(run.work):
        parts = sort_into_parts(source, count, request.as_of, run.work)
        if request.future and task.known_covariates:
            sort_into_parts(source.future(request.future, task.known_names), count, None, run.work / FUTURE)
        elif request.future:
            say("The model has no known covariates; --future is not read.")
    if not parts:
        shutil.rmtree(run.path, ignore_errors=True)
        raise source.empty()
    write_sorted_json(run.plan, {"identity": identity, "model": request.model, "parts": parts})
    write_text(ready, "")
    return parts


def forecast_parts(run: RunFolder, parts: Sequence[int], model: Path, request: BatchRequest) -> list[PartState]:
    """Forecast the parts that are not done; return the states of all, in order."""
    states = {part: state for part in parts if (state := run.finished(part)) is not None}
    left = [part for part in parts if part not in states]
    if states:
        say(f"{len(states)} of {len(parts)} parts are done already.")
    with progress("forecasting", len(parts)) as work:
        for state in finished_parts(functools.partial(forecast_and_write, run, model, request), left, request.workers):
            states[state.part] = state
            series = PartCounts.sum(one.counts for one in states.values()).series_in
            work.advance(len(states), len(parts), f"{len(states)} of {len(parts)} parts, {series} series")
    return [states[part] for part in parts]


def finished_parts(forecast: functools.partial[PartState], parts: Sequence[int], workers: int) -> Iterator[PartState]:
    """Yield the states of parts as they get done: here, or in spawned processes where there are several workers.

    Args:
        forecast: forecasts the part of a number; crosses processes.
        parts: their numbers.
        workers: processes at most.

    Raises:
        JobError: a process died, most likely for want of memory (try again).
    """
    workers = min(workers, len(parts))
    if workers <= 1:
        yield from map(forecast, parts)
        return
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawning, initializer=begin_worker) as pool:
        futures = [pool.submit(forecast, part) for part in parts]
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


def forecast_and_write(run: RunFolder, model: Path, request: BatchRequest, part: int) -> PartState:
    """Forecast one part and write its files, its state last."""
    ahead = work_file(run.work / FUTURE, part)
    rows, known = read_work(work_file(run.work, part)), read_work(ahead) if ahead.is_file() else None
    result = forecast_part(rows, model, request, known)
    data, quarantine = run.data(part), run.quarantine(part)
    write_table(data, result.forecast)
    write_table(quarantine, result.quarantine)
    state = PartState(part, result.counts, sha256(data), sha256(quarantine))
    write_sorted_json(run.state(part), state.to_dict())
    return state


def complete(run: RunFolder, identity: dict[str, Any], states: Sequence[PartState], request: BatchRequest) -> None:
    """Write the manifest and, when few enough series were set aside, declare the run complete.

    Raises:
        JobError: too many series were set aside; the forecasts of the others are kept.
    """
    totals = PartCounts.sum(state.counts for state in states)
    manifest = {"run": identity_hash(identity), "identity": identity, "model": request.model}
    parts = [state.to_dict() for state in states]
    write_sorted_json(run.manifest, {**manifest, "parts": parts, "totals": asdict(totals)})
    aside, share = totals.series_quarantined, totals.series_quarantined / max(totals.series_in, 1)
    if share > request.max_quarantine:
        raise JobError(
            f"{aside} of {totals.series_in} series ({share:.2%}) were set aside; {request.max_quarantine:.2%} are "
            f"allowed. {run.path / 'quarantine'} says why. Fix: repair the data, or raise --max-quarantine.",
            TOO_MANY_QUARANTINED,
        )
    shutil.rmtree(run.work, ignore_errors=True)
    write_text(run.success, sha256(run.manifest) + "\n")
