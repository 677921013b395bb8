"""`forecast train`: train a model, or the best of several."""

from __future__ import annotations

import click

from pipelines import options, requests
from pipelines.config_file import config_option, with_training


@click.command(
    short_help="Train a model, or the best of several.",
    epilog=options.examples(
        "forecast train sales.csv --horizon 28 --model gru --out model",
        "forecast train load.parquet --horizon 24 --model seasonal-naive --model ar --model gru --register load",
        "forecast train load.parquet --horizon 24 --model gru:units=64,layers=2 --set training.steps=500",
        "forecast train sales.csv --horizon 28 --model gru --known promotion --static store --holidays DE --out model",
        "forecast train sales.csv --horizon 28 --known promotion --future plans.csv --out model",
        "forecast train --config train.toml",
    ),
)
@config_option
@options.data_options
@options.task_options(least_windows=0)
@options.train_options
@options.skip_code_option
@options.common_options
def command(
    data: requests.DataRequest,
    task: requests.TaskRequest,
    asked: requests.TrainOptions,
    skip_code: int | None,
    as_json: bool,
) -> None:
    """Train a model on DATA: CSV, Parquet (file, folder, glob) or a SQLAlchemy URL with --query.

    Every --model (gru where there is none) is scored by a rolling-origin backtest of --windows origins, and the best is
    trained again on all data; --windows 0 leaves the backtest of a single one out. Everything is logged as one MLflow
    run, with a nested run for each candidate.
    """
    from pipelines.console import emit, say
    from pipelines.sources import Source

    options.require_run(asked.register, asked.track)
    if asked.future and not task.known_covariates:
        raise click.UsageError("--future is the future of known covariates. Name them with --known.")
    task = with_training(click.get_current_context(), task)
    source = Source.open(task.read(data))
    frame = options.read_or_skip(source, skip_code)

    from pipelines.training import TrainRequest, is_known, train

    if asked.register and skip_code is not None and is_known(asked.register, frame, task):
        say(f"{asked.register} is already trained on this data.")
        raise click.exceptions.Exit(skip_code)
    future = source.future(asked.future, task.known_covariates).frame() if asked.future else None
    request = TrainRequest(source.name, asked.register, asked.out, asked.track, task=task, future=future)
    trained = train(frame, request)

    from pipelines.views import show_trained

    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
