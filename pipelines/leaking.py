"""The leak check job: a trained model, or a fresh one of each kind of choices."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from forecasting import artifact
from forecasting.evaluation.leakage import LeakageReport
from forecasting.forecaster import Forecaster
from pipelines.competitors import forecasters
from pipelines.console import show_table
from pipelines.quiet import import_tensorflow
from pipelines.requests import DataRequest, TaskRequest
from pipelines.sources import Source
from pipelines.views import show_facts

#: How the registry's models are written.
REGISTERED = re.compile(r"models:/.+|[^:=]+[@/][^:=]+")


def is_trained(model: str) -> bool:
    """Whether a text names a model folder or a registered model, and not a kind of model with choices."""
    return (Path(model) / artifact.SPEC_FILE).is_file() or REGISTERED.fullmatch(model) is not None


def check_leakage(data: DataRequest, model: str, task: TaskRequest) -> LeakageReport:
    """Check a trained model, or a fresh one; only that needs the task.

    Raises:
        click.UsageError: a fresh model without a horizon.
        ForecastingError: the data or the model has a problem.
    """
    import_tensorflow()
    if is_trained(model):
        forecaster = Forecaster.load(model)
        return forecaster.check_leakage(Source.open(data).read_for(forecaster.predictor.task).frame())
    if task.horizon is None:
        raise click.UsageError("A model that is not trained yet needs --horizon.")
    task = replace(task, models=(model,))
    frame = Source.open(task.read(data)).frame()
    (forecaster,) = forecasters(task, task.freq, ())
    return forecaster.check_leakage(frame)


def show_leakage(found: LeakageReport) -> None:
    """Print the report for people."""
    verdict = "something moved: the future leaks" if found.leaks else "nothing moved"
    how = "fitted before the cutoff, for every change" if found.is_refitted else "trained, answering as it is"
    show_facts({"verdict": verdict, "cutoff": found.cutoff, "series": found.series, "model": how})
    rows = [
        [effect.changed, effect.values, name, value]
        for effect in found.effects
        for name, value in effect.differences.items()
    ]
    show_table("Largest difference", ["changed after the cutoff", "values", "compared", "difference"], rows)
