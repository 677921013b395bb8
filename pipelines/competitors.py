"""From a task request to forecasters, and the watch over them while they are trained and compared."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from forecasting.config import Training
from forecasting.errors import ConfigError, first_line
from forecasting.forecaster import Forecaster
from forecasting.learner_spec import LearnerSpec
from forecasting.model_spec import ModelSpec
from pipelines.console import progress, say
from pipelines.quiet import import_tensorflow
from pipelines.requests import TaskRequest

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.data.panel import Panel
    from forecasting.leaderboard import Entry
    from forecasting.training._callbacks import Progress

#: Compared when no model is named: two baselines, two regressions, two recurrent networks.
ALL_ROUND = ("naive", "seasonal-naive", "ar", "ff-ar", "lstm", "gru")

#: Columns of the leaderboard that people read, in their order.
SHOWN = ("perplexity", "accuracy", "mase", "owa", "smape", "mae", "wql", "coverage_80")


def forecasters(task: TaskRequest, freq: str | int | None, default: Sequence[str]) -> list[Forecaster]:
    """Return an unfitted forecaster for each model of the task.

    Raises:
        ConfigError: a model, a field or a value means nothing.
        click.UsageError: a model is named twice.
    """
    names = task.models or tuple(default)
    if len(set(names)) < len(names):
        raise click.UsageError("A --model is given twice. Give each once.")
    specs = [ModelSpec.parse(name) for name in names]
    trainings = trainings_of(specs, training_of(dict(task.training_fields)))
    choices: dict[str, Any] = {
        "season": task.season,
        "context_length": task.context_length,
        "static_covariates": task.static_covariates,
        "known_covariates": task.known_covariates,
        "past_covariates": task.past_covariates,
        "calendar": task.calendar,
        "holidays": task.holidays,
        "lower": task.lower,
        "upper": task.upper,
        "short_series": task.short_series,
    }
    return [
        Forecaster(spec, task.horizon, freq, training=training, **choices)
        for spec, training in zip(specs, trainings, strict=True)
    ]


def trainings_of(specs: Sequence[ModelSpec], training: Training) -> list[Training]:
    """Return how each model is trained: what was asked for and does not go with it is left out, for it alone.

    A learner teaches those it can, a strategy is followed by those whose steps can be shared. What goes with none of
    the models stays with all, and the first `fit` says why it cannot.
    """
    if not (training.learner or training.strategy):
        return [training] * len(specs)
    import_tensorflow()
    from forecasting.training._learner import learner_of, teaches

    trainings = [training] * len(specs)
    if training.learner:
        learner = LearnerSpec.parse(training.learner)
        taught = [teaches(learner.name, spec) for spec in specs]
        trainings = without(trainings, "learner", specs, taught, f"Learner {learner.name!r} does not teach")
    if training.strategy:
        names = [
            LearnerSpec.parse(one.learner or spec.config.learner).name
            for one, spec in zip(trainings, specs, strict=True)
        ]
        shareable = [learner_of(name).is_shareable for name in names]
        trainings = without(trainings, "strategy", specs, shareable, f"Strategy {training.strategy!r} does not fit")
    return trainings


def without(
    trainings: Sequence[Training], field: str, specs: Sequence[ModelSpec], fits: Sequence[bool], text: str
) -> list[Training]:
    """Return the trainings, `field` emptied where it does not fit and fits others; `text` says of whom."""
    if not all(fits) and any(fits):
        others = [spec.alias for spec, is_fit in zip(specs, fits, strict=True) if not is_fit]
        say(f"{text} {', '.join(others)}: each learns as it always does.")
        usual: dict[str, Any] = {field: ""}
        return [
            one if is_fit else dataclasses.replace(one, **usual) for one, is_fit in zip(trainings, fits, strict=True)
        ]
    return list(trainings)


def panel_of(frame: pd.DataFrame, task: TaskRequest) -> Panel:
    """Return the panel that all models of the task learn from: of symbols where their heads take those.

    Raises:
        ConfigError: some take symbols and some numbers.
        PanelError: the frame cannot become such a panel.
    """
    from forecasting.data.panel import Panel
    from forecasting.data.symbols import alphabet_of

    symbols = alphabet_of(frame) if task.of_symbols else ()
    columns = task.static_covariates, task.known_covariates, task.past_covariates
    return Panel.from_frame(frame, task.freq, symbols, *columns)


def training_of(fields: dict[str, Any]) -> Training:
    """Return how networks are trained.

    Raises:
        ConfigError: a field is unknown or has a value that means nothing.
    """
    try:
        return Training.from_dict(fields)
    except TypeError as error:
        raise ConfigError(f"A training field has a value of the wrong type: {fields}. {error}.") from error


@contextmanager
def watched(label: str) -> Iterator[list[Any]]:
    """Show a training as a bar on a terminal or lines in a log; yields the Keras callbacks that feed it."""
    import_tensorflow()
    from forecasting.training._callbacks import ReportProgress

    with progress(label) as advance:

        def report(now: Progress) -> None:
            numbers = [f"{name} {value:.4g}" for name, value in now.metrics.items() if name in ("loss", "val_mae")]
            stage = ["refit"] if now.is_refit else []
            advance(now.step, now.steps, ", ".join([*stage, *numbers]))

        yield [ReportProgress(report)]


def with_windows(task: TaskRequest, panel: Panel) -> TaskRequest:
    """Return the task with as many windows as leave rows to learn from; that there are fewer is said once."""
    from forecasting.evaluation.backtest import said_fewer, windows_to_learn

    fewer = windows_to_learn(panel, task.horizon, task.windows, task.step)
    if fewer < task.windows:
        say(said_fewer(task.windows, fewer))
        return dataclasses.replace(task, windows=fewer)
    return task


@dataclass(frozen=True)
class Contest:
    """What came of several models on the same data.

    Attributes:
        entries: the leaderboard, the best first.
        left_out: why a model is not in it, by its name.
    """

    entries: list[Entry] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def contest(candidates: Sequence[Forecaster], enter: Callable[[Forecaster], Entry]) -> Contest:
    """Score models and rank them; of several, one that cannot be scored is left out, and says why.

    Raises:
        Exception: the last, where no model can be scored.
    """
    import_tensorflow()
    from forecasting.training._failures import FAILURES

    entries: list[Entry] = []
    left_out: dict[str, str] = {}
    for number, candidate in enumerate(candidates, 1):
        try:
            entries.append(enter(candidate))
        except FAILURES as error:
            if number == len(candidates) and not entries:
                raise
            left_out[candidate.spec.alias] = first_line(error)
            say(f"{candidate.spec.alias} is left out: {first_line(error)}")
            gc.collect()  # the memory that it took is for the next one
    from forecasting.leaderboard import rank

    return Contest(rank(entries), left_out)


def score(forecaster: Forecaster, panel: Panel, task: TaskRequest) -> Entry:
    """Fit one forecaster on the data before the first origin and score it over all origins."""
    with watched(forecaster.spec.alias) as callbacks:
        from forecasting.leaderboard import enter

        return enter(forecaster, panel, task.windows, task.step, (80.0, 95.0), callbacks)


def leaderboard_rows(entries: Sequence[Entry]) -> tuple[list[str], list[list[Any]]]:
    """Return the columns and rows of a leaderboard for people: few metrics, and what each model costs."""
    shown = [name for name in SHOWN if any(name in entry.metrics for entry in entries)]
    columns = ["", "model", *shown, "train s", "predict ms", "size kB"]
    rows = [
        [
            place,
            entry.name,
            *(entry.metrics.get(name, float("nan")) for name in shown),
            entry.train_seconds,
            entry.predict_milliseconds,
            entry.artifact_bytes / 1000,
        ]
        for place, entry in enumerate(entries, 1)
    ]
    return columns, rows


def leaderboard_records(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return a leaderboard for machines, with all metrics."""
    from forecasting.leaderboard import to_frame

    return [{str(name): value for name, value in row.items()} for row in to_frame(entries).to_dict("records")]
