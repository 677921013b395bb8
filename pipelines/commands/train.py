"""`forecast train`: train a model, or the best of several."""

from __future__ import annotations

import dataclasses

import click

from pipelines import options
from pipelines.config_file import config_option


@click.command(
    short_help="Train a model, or the best of several.",
    epilog=options.examples(
        "forecast train sales.csv --horizon 28 --model gru --out model",
        "forecast train load.parquet --horizon 24 --model seasonal-naive --model ar --model gru --register load",
        "forecast train load.parquet --horizon 24 --model gru:units=64,layers=2 --set training.steps=500",
        "forecast train sales.csv --horizon 28 --model gru --known promotion --static store --holidays DE --out model",
        "forecast train --config train.toml",
    ),
)
@config_option
@options.data_options
@options.task_options(least_windows=0)
@options.keep_options
@options.skip_code_option
@options.common_options
def command(
    data: options.DataRequest,
    task: options.TaskRequest,
    out: str | None,
    register: str | None,
    track: bool,
    skip_code: int | None,
    as_json: bool,
) -> None:
    """Train a model on DATA: CSV, Parquet (file, folder, glob) or a SQLAlchemy URL with --query.

    With several --model they are ranked by a rolling-origin backtest, and the best is trained again on all data.
    Everything is logged as one MLflow run, with a nested run for each candidate.
    """
    from pipelines.console import emit, say
    from pipelines.sources import Source

    options.require_run(register, track)
    task = dataclasses.replace(task, training=(*click.get_current_context().meta.get("training", ()), *task.training))
    source = Source.open(task.read(data))
    frame = options.read_or_skip(source, skip_code)

    from pipelines.training import TrainRequest, is_known, train

    if register and skip_code is not None and is_known(register, frame, task):
        say(f"{register} is already trained on this data.")
        raise click.exceptions.Exit(skip_code)
    trained = train(frame, TrainRequest(source.name, register, out, track, task=task))

    from pipelines.views import show_trained

    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
