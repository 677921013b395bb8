"""`forecast train`: train a model, or the best of several."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.config_file import config_option, with_training
from pipelines.options.requests import KeepRequest, TaskRequest
from pipelines.options.shared import (
    common_options,
    data_options,
    examples,
    keep_options,
    require_run,
    skip_code_option,
    skipping,
    task_options,
)
from pipelines.terminal.console import emit, say


@click.command(
    short_help="Train a model, or the best of several.",
    epilog=examples(
        "forecast train sales.csv --horizon 28 --model gru --out model",
        "forecast train load.parquet --horizon 24 --model seasonal-naive --model ar --model gru --register load",
        "forecast train load.parquet --horizon 24 --model gru:units=64,layers=2 --set training.steps=500",
        "forecast train sales.csv --horizon 28 --model gru --known promotion --static store --holidays DE --out model",
        "forecast train sales.csv --horizon 28 --known promotion --future plans.csv --out model",
        "forecast train --config train.toml",
    ),
)
@config_option
@data_options
@task_options(least_windows=0)
@click.option(
    "--future",
    metavar="FILE",
    help="Known covariates of the steps after DATA; checked before training, used by `predict`.",
)
@keep_options
@skip_code_option
@common_options
def command(
    data: DataRequest, task: TaskRequest, future: str | None, keep: KeepRequest, skip_code: int | None, as_json: bool
) -> None:
    """Train a model on DATA: CSV, Parquet (file, folder, glob) or a SQLAlchemy URL with --query.

    Every --model (gru where there is none) is scored by a rolling-origin backtest of --windows origins, and the best is
    trained again on all data, a network for as many steps as were best before; --windows 0 leaves the backtest of a
    single one out. Everything is logged as one MLflow run, with a nested run for each candidate.
    """
    from pipelines.files.sources import DataSource

    require_run(keep)
    if future and not task.covariates("known"):
        raise click.UsageError("--future is the future of known covariates. Name them with --known.")
    task = with_training(click.get_current_context(), task)
    source = DataSource.open(data, task.columns)
    with skipping(skip_code):
        rows = source.read()

    from pipelines.jobs.train import is_trained_on, train_model
    from pipelines.jobs.views import show_trained

    if keep.register and skip_code is not None and is_trained_on(keep.register, rows.frame, task):
        say(f"{keep.register} is already trained on this data.")
        raise click.exceptions.Exit(skip_code)
    ahead = source.future(future, task.covariates("known")).frame() if future else None
    trained = train_model(rows, task, keep, ahead)
    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
