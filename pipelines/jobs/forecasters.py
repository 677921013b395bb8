"""From a task request to forecasters, and to the panel and the windows that they are compared on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from forecasting.config.learner import LearnerSpec
from forecasting.config.training import Training
from forecasting.errors import ConfigError
from forecasting.forecaster import Forecaster
from forecasting.models.spec import ModelSpec
from pipelines.options.requests import TaskRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.data.panel import Panel

#: What is trained or searched when no model is named.
ONE_MODEL = ("gru",)

#: Compared when no model is named: two baselines, two regressions, two recurrent networks.
ALL_ROUND = ("naive", "seasonal-naive", "ar", "ff-ar", "lstm", "gru")


def forecasters_of(task: TaskRequest, freq: str | int | None, default: Sequence[str] = ONE_MODEL) -> list[Forecaster]:
    """Return an unfitted forecaster for each model of the task.

    Args:
        task: models and choices.
        freq: step of the data; inferred by the forecasters when None.
        default: models where the task names none.

    Raises:
        ConfigError: a model, a field or a value means nothing.
        click.UsageError: a model is named twice.
    """
    names = task.models or tuple(default)
    if len(set(names)) < len(names):
        raise click.UsageError("A --model is given twice. Give each once.")
    specs = [ModelSpec.parse(name) for name in names]
    trainings = trainings_of(specs, training_of(dict(task.training_fields)))
    return [
        Forecaster.of(task.choices_of(spec, freq, training)) for spec, training in zip(specs, trainings, strict=True)
    ]


def trainings_of(specs: Sequence[ModelSpec], training: Training) -> list[Training]:
    """Return how each model is trained: what was asked for and does not go with it is left out, for it alone.

    A learner teaches those it can, a strategy is followed by those whose steps can be shared. What goes with none of
    the models stays with all, and the first `fit` says why it cannot.
    """
    if not (training.learner or training.strategy):
        return [training] * len(specs)
    from forecasting.training.learner import learner_of, teaches

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
    spec = ModelSpec.parse(task.models[0] if task.has_symbols else ONE_MODEL[0])
    return task.choices_of(spec, task.freq, Training()).panel(frame)


def training_of(fields: dict[str, Any]) -> Training:
    """Return how networks are trained.

    Raises:
        ConfigError: a field is unknown or has a value that means nothing.
    """
    try:
        return Training.from_dict(fields)
    except TypeError as error:
        raise ConfigError(f"A training field has a value of the wrong type: {fields}. {error}.") from error


def with_windows(task: TaskRequest, panel: Panel) -> TaskRequest:
    """Return the task with as many windows as leave rows to learn from; that there are fewer is said once."""
    from forecasting.evaluation.backtest import said_fewer, windows_to_learn

    fewer = windows_to_learn(panel, task.horizon, task.windows, task.step)
    if fewer < task.windows:
        say(said_fewer(task.windows, fewer))
        return dataclasses.replace(task, windows=fewer)
    return task
