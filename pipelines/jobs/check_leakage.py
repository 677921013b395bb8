"""The leak check job: a trained model, or a fresh one fitted before the cutoff."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from forecasting.evaluation.leakage import LeakageReport
from forecasting.forecaster import Forecaster
from forecasting.store.model_folder import SPEC_FILE
from pipelines.files.request import Columns, DataRequest
from pipelines.files.sources import DataSource
from pipelines.jobs.forecasters import forecasters_of
from pipelines.options.requests import TaskRequest

#: How the registry's models are written.
REGISTERED = re.compile(r"models:/.+|[^:=]+[@/][^:=]+")


def is_trained(model: str) -> bool:
    """Whether a text names a model folder or a registered model, and not a kind of model with choices."""
    return (Path(model) / SPEC_FILE).is_file() or REGISTERED.fullmatch(model) is not None


def check_model_leakage(data: DataRequest, model: str, task: TaskRequest) -> LeakageReport:
    """Check a trained model, or a fresh one; only that needs the task.

    Raises:
        click.UsageError: a fresh model without a horizon.
        ForecastingError: the data or the model has a problem.
    """
    if is_trained(model):
        forecaster = Forecaster.load(model)
        return forecaster.check_leakage(DataSource.open(data, Columns.of(forecaster.predictor.task)).frame())
    if task.horizon is None:
        raise click.UsageError("A model that is not trained yet needs --horizon.")
    task = replace(task, models=(model,))
    frame = DataSource.open(data, task.columns).frame()
    (forecaster,) = forecasters_of(task, task.freq)
    return forecaster.check_leakage(frame)
