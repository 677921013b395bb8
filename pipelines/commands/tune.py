"""`forecast tune`: search the choices of a model."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.bundle import Bundle
from pipelines.options.config_file import config_option, with_training
from pipelines.options.requests import TaskRequest, TuneRequest
from pipelines.options.shared import common_options, data_options, examples, task_options
from pipelines.options.types import CONFIG_FILE
from pipelines.terminal.console import emit


@click.command(
    short_help="Search the choices of a model; resumes by itself.",
    epilog=examples(
        "forecast tune load.parquet --horizon 24 --out best.toml",
        "forecast tune load.parquet --horizon 24 --model gru:layers=2 --model ff-ar --time-limit 3600 --out best.toml",
        "forecast tune sales.csv --horizon 28 --known promotion --metric wql --hold-out 4 --out best.json",
        "forecast train --config best.toml --register load",
    ),
)
@config_option
@data_options
@task_options(each_limited=False)
@Bundle("request", TuneRequest, [
    click.option("--metric", help="Metric of the backtest to search for. [mase; perplexity of symbols]"),
    click.option("--hold-out", type=click.IntRange(0), default=0, show_default=True, metavar="K",
                 help="Horizons at the end that the search never sees."),
    click.option("--trials", type=click.IntRange(1), default=20, show_default=True,
                 help="Trials of the study in all, those of former calls too."),
    click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                 help="Seconds of this call; a trial that runs over is stopped, and tried again by the next call."),
    click.option("--study", metavar="NAME", help="Name of the study. [by the search and the data]"),
    click.option("--storage", metavar="URL", help="SQLAlchemy URL of its database. [tuning.db in FORECAST_HOME]"),
    click.option("--out", type=CONFIG_FILE, required=True,
                 help="Config file (.toml or .json) of the best trial, for `forecast train --config`."),
    click.option("--track/--no-track", default=True, show_default=True, help="Log MLflow runs."),
])  # fmt: skip
@common_options
def command(data: DataRequest, task: TaskRequest, request: TuneRequest, as_json: bool) -> None:
    """Search the choices of a model that are not made: size, dropout, scaling, context length, training.

    Each trial is scored by a rolling-origin backtest. The first one is each --model as it is given, so what is found
    is never worse than that. What is given stays: gru:units=64 and --set training.steps=500 are not searched. The
    same command goes on where it stopped; several processes may share a study. Without --model, gru is searched.
    """
    from pipelines.files.sources import DataSource

    task = with_training(click.get_current_context(), task)
    source = DataSource.open(data, task.columns)

    from pipelines.jobs.tune import tune_models
    from pipelines.jobs.views import show_tuned

    result = tune_models(source, task, request)
    emit(result.to_dict(), as_json, lambda: show_tuned(result))
