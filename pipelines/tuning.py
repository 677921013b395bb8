"""The tuning job: a search whose trials are nested MLflow runs, and whose result is a config file for `train`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from forecasting.errors import without_password
from forecasting.spec_text import read_fields
from forecasting.tuning import Attempt, Candidate, Limits, Measure, Search, StudyPlace, Tuned
from pipelines.competitors import forecasters, panel_of, watched, with_windows
from pipelines.config_file import option_names, text_of
from pipelines.console import cell, say, show_table, to_json
from pipelines.journal import Journal, journal, log_entry
from pipelines.requests import DataRequest, TaskRequest, TuneOptions
from pipelines.sinks import write_atomic

if TYPE_CHECKING:
    import pandas as pd

#: Under which a study keeps the id of its MLflow run.
RUN = "mlflow_run"

#: Searched when no model is named.
MODELS = ("gru",)


@dataclass(frozen=True)
class TuneRequest:
    """What to search and where to put what is found.

    Attributes:
        data: where the data is, for the config file.
        task: what is forecast and by which models.
        name: name of the data.
        wanted: how the search is run, and where its result goes.
    """

    data: DataRequest
    task: TaskRequest
    name: str
    wanted: TuneOptions


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        tuned: what the search found.
        config: the options of the best trial.
        out: the config file.
        run_id: MLflow's id of the run, or None.
    """

    tuned: Tuned
    config: dict[str, Any]
    out: str
    run_id: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        tuned = self.tuned
        return {
            "study": tuned.study,
            "storage": without_password(tuned.storage),
            "metric": tuned.metric,
            "best": asdict(tuned.best),
            "defaults": asdict(tuned.defaults) if tuned.defaults else None,
            "config": self.config,
            "trials": [asdict(row) for row in tuned.rows],
            "importances": tuned.importances,
            "run_id": self.run_id,
            "out": self.out,
        }


def tune(frame: pd.DataFrame, request: TuneRequest) -> Done:
    """Search, and write the best options after every trial that finds better ones.

    Raises:
        ForecastingError: the data, a choice, the study or its database has a problem, or no trial is complete.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    panel = panel_of(frame, request.task)
    searched = panel.truncate(np.maximum(panel.lengths - request.wanted.hold_out * request.task.horizon, 0))
    request = replace(request, task=with_windows(request.task, searched))
    task, wanted = request.task, request.wanted
    candidates = candidates_of(task, panel.frequency.alias)
    measure = Measure(wanted.metric, task.windows, task.step, wanted.hold_out)
    search = Search.open(panel, candidates, measure, StudyPlace(wanted.study, wanted.storage))
    say(
        f"{panel.n_series} series, {len(panel.y)} rows. Study {search.study.name} in "
        f"{without_password(search.study.storage)}: {search.study.finished} of {wanted.trials} trials done."
    )
    with journal(search.study.name, request.name, wanted.track, run_id=search.study.noted(RUN)) as run:
        begin(run, search, request)
        keeper = Keeper(search, request, run)
        keeper.keep()
        try:
            search.run(Limits(wanted.trials, wanted.time_limit), keeper.observe)
        finally:
            keeper.report()
        return keeper.done()


def candidates_of(task: TaskRequest, freq: str | int) -> list[Candidate]:
    """Return the models of a task; what the command line or a file says about them is fixed."""
    names = task.models or MODELS
    fixed = {f"training.{name}" for name, _ in task.training_fields} | (
        {"context_length"} if task.context_length else set()
    )
    return [
        Candidate(forecaster, frozenset({*fixed, *read_fields(name.partition(":")[2], "model", "gru:units=64")}))
        for name, forecaster in zip(names, forecasters(task, freq, MODELS), strict=True)
    ]


def begin(run: Journal, search: Search, request: TuneRequest) -> None:
    """Log what is searched, once: a study that goes on has its run already."""
    if run.run_id is None or run.run_id == search.study.noted(RUN):
        return
    search.study.note(RUN, run.run_id)
    asked = search.study.noted("asked")
    named = {name: asked[name] for name in ("horizon", "freq", "windows", "step", "metric", "seed")}
    facts = {"study": search.study.name, "data": request.name, "fingerprint": asked["data"], **named}
    run.log(lambda active: active.params({**facts, "models": ", ".join(search.candidates)}))
    run.log(lambda active: active.text(to_json(asked), "asked.json"))


class Keeper:
    """Watches the trials of a search: writes the best options, logs the runs, and says how it goes.

    Args:
        search: the search.
        request: how it was asked for.
        run: the MLflow run of the study.
    """

    def __init__(self, search: Search, request: TuneRequest, run: Journal) -> None:
        self.search = search
        self.request = request
        self.run = run
        self.kept: int | None = None

    @contextmanager
    def observe(self, attempt: Attempt) -> Iterator[Sequence[Any]]:
        """Log a trial as a nested run; see `forecasting.tuning.attempt.Observer`."""
        label = f"trial {attempt.number} ({attempt.candidate.name})"
        with self.run.child(f"{self.search.study.name}-{attempt.number}") as child:
            with watched(label) as callbacks:
                yield callbacks
            log_attempt(child, attempt)
        self.keep()
        said = f"{self.search.metric} {cell(attempt.score)}" if attempt.score is not None else attempt.state
        reason = f" ({attempt.reason})" if attempt.reason else ""
        best = "" if self.kept is None else f"; best so far: trial {self.kept}"
        say(f"{label}: {said}{reason}{best}")

    def keep(self) -> None:
        """Write the options of the best trial, where it is another one than was written last."""
        best = self.search.best(self.search.study.rows())
        if best is None or best.number == self.kept:
            return
        done = self.done()
        comments = [f"Found by `forecast tune`: trial {best.number} of study {done.tuned.study},"]
        comments += [
            f"{done.tuned.metric} {best.score:.6g} over {self.request.task.windows} origins of {self.request.name}."
        ]
        text = to_json(done.config) if self.request.wanted.out.endswith(".json") else text_of(done.config, comments)
        write_atomic(self.request.wanted.out, lambda part: Path(part).write_text(text, encoding="utf-8"))
        self.kept = best.number

    def done(self) -> Done:
        """Return what was found so far.

        Raises:
            TrainingError: no trial is complete.
        """
        tuned = self.search.found()
        return Done(tuned, config_of(tuned, self.request), self.request.wanted.out, self.run.run_id)

    def report(self) -> None:
        """Log what was found so far: the best score, the trials, the config and the pictures."""
        if self.kept is None:
            return
        from forecasting.tuning import plots as tuning_plots

        done = self.done()
        tuned = done.tuned
        self.run.log(
            lambda run: run.metrics({f"best_{tuned.metric}": tuned.best.score or 0.0, "trials": len(tuned.rows)})
        )
        self.run.log(lambda run: run.text(to_json(done.to_dict()), "trials.json"))
        self.run.log(lambda run: run.text(text_of(done.config), "best.toml"))
        history = tuning_plots.history_chart(tuned.rows, tuned.metric)
        self.run.log(lambda run: run.figure(history, "optimisation_history.png"))
        if tuned.importances:
            chart = tuning_plots.importance_chart(tuned.importances)
            self.run.log(lambda run: run.figure(chart, "importances.png"))


def log_attempt(run: Journal, attempt: Attempt) -> None:
    """Log how a trial ended."""
    if attempt.entry is not None:
        log_entry(run, attempt.entry)
    else:
        run.log(lambda active: active.params({"model": attempt.candidate.spec.model, **attempt.choices}))
    ended = {
        "trial": attempt.number,
        "state": attempt.state,
        "reason": attempt.reason,
        "is_default": attempt.is_default,
    }
    run.log(lambda active: active.params(ended))
    score = {} if attempt.score is None else {"score": attempt.score}
    run.log(lambda active: active.metrics({**score, "seconds": attempt.seconds}))


def config_of(tuned: Tuned, request: TuneRequest) -> dict[str, Any]:
    """Return the options by which `forecast train` trains the best trial.

    The address of a database is left out: it may hold a password.
    """
    from pipelines.commands.train import command

    chosen = tuned.forecaster
    said = {**vars(request.data), **vars(request.task)}
    said["models"] = [chosen.spec.to_text(open_fields(tuned))]
    said["context_length"] = chosen.choices.context_length
    if "://" in request.data.location:
        del said["location"]
    usual = {str(parameter.name): parameter.default for parameter in command.params}
    options = {
        key: list(said[name]) if isinstance(said[name], tuple) else said[name]
        for key, name in option_names(command).items()
        if name in said and said[name] not in (None, (), []) and (said[name] != usual[name] or name == "windows")
    }
    options["model"] = said["models"][0]
    names = [name for name, _ in request.task.training]
    names += [name.partition("training.")[2] for name in sorted(tuned.best.choices) if "training." in name]
    training = {name: getattr(chosen.choices.training, name) for name in dict.fromkeys(names)}
    return {**options, "training": training} if training else options


def open_fields(tuned: Tuned) -> set[str]:
    """Return the fields of the model's text that were searched, or said by the user."""
    searched = {name.rpartition("/")[2].removeprefix("model.") for name in tuned.best.choices}
    return {*searched, *tuned.candidate.fixed}


def show_tuned(done: Done) -> None:
    """Print the trials, what mattered and what was found."""
    from pipelines.views import show_facts

    tuned = done.tuned
    best = tuned.best.number
    several = any("model" in row.choices for row in tuned.rows)
    rows = [
        [
            f"{row.number}{' *' if row.number == best else ''}",
            row.state,
            math.nan if row.score is None else row.score,
            math.nan if row.seconds is None else row.seconds,
            *([row.choices.get("model")] if several else ()),
            choices_text(row.choices) if not row.is_default else f"as given: {choices_text(row.choices)}",
        ]
        for row in tuned.rows
    ]
    columns = ["trial", "state", tuned.metric, "seconds", *(["model"] if several else ()), "choices"]
    show_table("Trials", columns, rows, "* is the best.")
    if tuned.importances:
        shown = [[name, value] for name, value in tuned.importances.items()]
        show_table("What mattered for being among the best quarter", ["choice", "share"], shown)
    defaults = tuned.defaults.score if tuned.defaults else None
    show_facts(
        {
            "best": f"{tuned.metric} {cell(tuned.best.score)} (as given: {cell(defaults) or 'no result'})",
            "model": done.config["model"],
            "study": f"{tuned.study} in {without_password(tuned.storage)}",
            "MLflow run": done.run_id,
            "written to": done.out,
        }
    )
    click.echo(f"\nTrain it: forecast train --config {done.out}")


def choices_text(choices: dict[str, Any]) -> str:
    """Return the choices of a trial in one line, without the model."""
    named = {name.rpartition("/")[2]: value for name, value in choices.items() if name != "model"}
    return ", ".join(
        f"{name.removeprefix('model.').removeprefix('training.')} {cell(value)}" for name, value in named.items()
    )
