"""The tuning job: a search whose trials are nested MLflow runs, and whose result is a config file for `train`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.text import read_fields
from forecasting.errors import without_password
from forecasting.tuning import Attempt, Candidate, Limits, Measure, Place, Search, Tuned
from pipelines.files.request import DataRequest
from pipelines.files.sinks import write_text
from pipelines.files.sources import DataSource
from pipelines.jobs.forecasters import ONE_MODEL, forecasters_of, panel_of, with_windows
from pipelines.jobs.journal import Journal, open_journal
from pipelines.jobs.records import record_entry
from pipelines.jobs.watch import watched
from pipelines.options.config_file import to_config, to_toml
from pipelines.options.requests import TaskRequest, TuneRequest
from pipelines.terminal.console import say, to_json
from pipelines.terminal.tables import cell

if TYPE_CHECKING:
    from forecasting.training.callbacks import ReportProgress

#: Under which a study keeps the id of its MLflow run.
RUN = "mlflow_run"


@dataclass(frozen=True)
class TuneResult:
    """What a search has come to.

    Attributes:
        tuned: what it found.
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


def tune_models(source: DataSource, task: TaskRequest, request: TuneRequest) -> TuneResult:
    """Search, and write the best options after every trial that finds better ones.

    Raises:
        ForecastingError: the data, a choice, the study or its database has a problem, or no trial is complete.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    panel = panel_of(source.frame(), task)
    searched = panel.truncate(np.maximum(panel.lengths - request.hold_out * task.horizon, 0))
    task = with_windows(task, searched)
    measure = Measure(request.metric, task.windows, task.step, request.hold_out)
    candidates = candidates_of(task, panel.frequency.alias)
    search = Search.open(panel, candidates, measure, Place(request.study, request.storage))
    study = search.study
    say(
        f"{panel.n_series} series, {len(panel.y)} rows. Study {study.name} in {without_password(study.storage)}: "
        f"{study.finished} of {request.trials} trials done."
    )
    with open_journal(study.name, source.name, request.track, run_id=study.noted(RUN)) as journal:
        record_search(journal, search, source.name)
        report = SearchReport(search, source, task, request.out, journal)
        report.write_best()
        try:
            search.run(Limits(request.trials, request.time_limit), report.observe)
        finally:
            report.record()
        return report.result()


def candidates_of(task: TaskRequest, freq: str | int) -> list[Candidate]:
    """Return the models of a task; what the command line or a file says about them is fixed."""
    names = task.models or ONE_MODEL
    fixed = {f"training.{name}" for name, _ in task.training_fields}
    fixed |= {"context_length"} if task.choices.get("context_length") else set()
    return [
        Candidate(forecaster, frozenset({*fixed, *read_fields(name.partition(":")[2], "model", "gru:units=64")}))
        for name, forecaster in zip(names, forecasters_of(task, freq), strict=True)
    ]


def record_search(journal: Journal, search: Search, data: str) -> None:
    """Log what is searched on which data, once: a study that goes on has its run already."""
    study = search.study
    if journal.run_id is None or journal.run_id == study.noted(RUN):
        return
    study.note(RUN, journal.run_id)
    asked = study.noted("asked")
    named = {name: asked[name] for name in ("horizon", "freq", "windows", "step", "metric", "seed")}
    facts = {"study": study.name, "data": data, "fingerprint": asked["data"], **named}
    journal.log(lambda run: run.params({**facts, "models": ", ".join(search.candidates)}))
    journal.log(lambda run: run.text(to_json(asked), "asked.json"))


@dataclass
class SearchReport:
    """Watches the trials of a search: writes the best options, logs the runs, and says how it goes.

    Attributes:
        search: the search.
        source: the data, for the config file.
        task: what is forecast.
        out: the config file.
        journal: the MLflow run of the study.
        written: number of the trial whose options are in the config file.
    """

    search: Search
    source: DataSource
    task: TaskRequest
    out: str
    journal: Journal
    written: int | None = None

    @contextmanager
    def observe(self, attempt: Attempt) -> Iterator[Sequence[ReportProgress]]:
        """Log a trial as a nested run; see `forecasting.tuning.attempt.Observer`."""
        label = f"trial {attempt.number} ({attempt.candidate.name})"
        with self.journal.child(f"{self.search.study.name}-{attempt.number}") as child:
            with watched(label) as watch:
                yield watch.callbacks
                self.write_best()
                watch.ended(self.outcome(attempt))
            record_attempt(child, attempt)

    def outcome(self, attempt: Attempt) -> str:
        """Return how a trial ended, and which is the best so far."""
        reason = f" ({attempt.reason})" if attempt.reason else ""
        said = f"{attempt.state}{reason}" if attempt.score is None else f"{self.search.metric} {cell(attempt.score)}"
        return said if self.written is None else f"{said}, best so far: trial {self.written}"

    def write_best(self) -> None:
        """Write the options of the best trial, where it is another one than was written last."""
        best = self.search.best(self.search.study.rows())
        if best is None or best.number == self.written:
            return
        result = self.result()
        comments = (
            f"Found by `forecast tune`: trial {best.number} of study {result.tuned.study},",
            f"{result.tuned.metric} {best.score:.6g} over {self.task.windows} origins of {self.source.name}.",
        )
        is_json = self.out.endswith(".json")
        write_text(self.out, to_json(result.config) if is_json else to_toml(result.config, comments))
        self.written = best.number

    def result(self) -> TuneResult:
        """Return what was found so far.

        Raises:
            TrainingError: no trial is complete.
        """
        tuned = self.search.found()
        return TuneResult(tuned, config_of_best(tuned, self.source.request, self.task), self.out, self.journal.run_id)

    def record(self) -> None:
        """Log what was found so far: the best score, the trials, the config and the pictures."""
        if self.written is None:
            return
        from forecasting.plots import tuning as tuning_plots

        result = self.result()
        tuned = result.tuned
        best = {f"best_{tuned.metric}": tuned.best.score or 0.0, "trials": len(tuned.rows)}
        self.journal.log(lambda run: run.metrics(best))
        self.journal.log(lambda run: run.text(to_json(result.to_dict()), "trials.json"))
        self.journal.log(lambda run: run.text(to_toml(result.config), "best.toml"))
        history = tuning_plots.history_chart(tuned.rows, tuned.metric)
        self.journal.log(lambda run: run.figure(history, "optimisation_history.png"))
        if tuned.importances:
            chart = tuning_plots.importance_chart(tuned.importances)
            self.journal.log(lambda run: run.figure(chart, "importances.png"))


def record_attempt(journal: Journal, attempt: Attempt) -> None:
    """Log how a trial ended."""
    if attempt.entry is not None:
        record_entry(journal, attempt.entry)
    else:
        journal.log(lambda run: run.params({"model": attempt.candidate.spec.model, **attempt.choices}))
    ended = {
        "trial": attempt.number,
        "state": attempt.state,
        "reason": attempt.reason,
        "is_default": attempt.is_default,
    }
    journal.log(lambda run: run.params(ended))
    score = {} if attempt.score is None else {"score": attempt.score}
    journal.log(lambda run: run.metrics({**score, "seconds": attempt.seconds}))


def config_of_best(tuned: Tuned, data: DataRequest, task: TaskRequest) -> dict[str, Any]:
    """Return the options by which `forecast train` trains the best trial."""
    best = tuned.forecaster
    text = best.spec.to_text(open_fields(tuned))
    said = replace(task, models=(text,)).with_choice("context_length", best.choices.context_length)
    options = to_config(data, said)
    names = [name for name, _ in task.training]
    names += [name.partition("training.")[2] for name in sorted(tuned.best.choices) if "training." in name]
    training = {name: getattr(best.choices.training, name) for name in dict.fromkeys(names)}
    return {**options, "training": training} if training else options


def open_fields(tuned: Tuned) -> set[str]:
    """Return the fields of the model's text that were searched, or said by the user."""
    searched = {name.rpartition("/")[2].removeprefix("model.") for name in tuned.best.choices}
    return {*searched, *tuned.candidate.fixed}
