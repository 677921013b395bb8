"""`forecast leaderboard`: rank models by a rolling-origin backtest."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.requests import TaskRequest
from pipelines.options.shared import common_options, data_options, examples, task_options
from pipelines.terminal.console import emit


@click.command(
    short_help="Rank models by accuracy, with what each costs.",
    epilog=examples(
        "forecast leaderboard load.parquet --horizon 24",
        "forecast leaderboard sales.csv --horizon 28 --model seasonal-naive --model gru --windows 10",
    ),
)
@data_options
@task_options()
@common_options
def command(data: DataRequest, task: TaskRequest, as_json: bool) -> None:
    """Rank models on DATA by MASE over rolling origins, with seconds to train, milliseconds to predict and size.

    Without --model, six all-round ones are compared; one that the data do not suffice for is left out, and says why.
    Nothing is kept: `forecast train` does that.
    """
    from pipelines.files.sources import DataSource

    frame = DataSource.open(data, task.columns).frame()

    from pipelines.jobs.compare import rank_models
    from pipelines.jobs.views import show_leaderboard

    contest = rank_models(frame, task)
    result = {"leaderboard": contest.records(), "left_out": contest.left_out}
    emit(result, as_json, lambda: show_leaderboard(contest.entries))
