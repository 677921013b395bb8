"""`forecast leaderboard`: rank models by a rolling-origin backtest."""

from __future__ import annotations

import click

from pipelines import options, requests


@click.command(
    short_help="Rank models by accuracy, with what each costs.",
    epilog=options.examples(
        "forecast leaderboard load.parquet --horizon 24",
        "forecast leaderboard sales.csv --horizon 28 --model seasonal-naive --model gru --windows 10",
    ),
)
@options.data_options
@options.task_options()
@options.common_options
def command(data: requests.DataRequest, task: requests.TaskRequest, as_json: bool) -> None:
    """Rank models on DATA by MASE over rolling origins, with seconds to train, milliseconds to predict and size.

    Without --model, six all-round ones are compared; one that the data do not suffice for is left out, and says why.
    Nothing is kept: `forecast train` does that.
    """
    from pipelines.console import emit
    from pipelines.sources import Source

    frame = Source.open(task.read(data)).frame()

    from pipelines.comparing import compare
    from pipelines.competitors import leaderboard_records
    from pipelines.views import show_leaderboard

    found = compare(frame, task)
    result = {"leaderboard": leaderboard_records(found.entries), "left_out": found.left_out}
    emit(result, as_json, lambda: show_leaderboard(found.entries))
