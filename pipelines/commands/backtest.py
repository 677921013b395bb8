"""`forecast backtest`: forecasts from rolling origins, with what happened."""

from __future__ import annotations

import click

from pipelines import options
from pipelines.console import emit, say
from pipelines.files.request import DataRequest
from pipelines.option_types import TABLE_FILE
from pipelines.requests import TaskRequest


@click.command(
    short_help="Forecast from rolling origins and score.",
    epilog=options.examples(
        "forecast backtest load.parquet --horizon 24 --model gru --windows 30 --out backtest.parquet",
        "forecast backtest sales.csv --horizon 28 --model ar --model gru --refit --level 80 --calibrate 8",
    ),
)
@options.data_options
@options.task_options()
@click.option("--refit", is_flag=True, help="Train again at every origin, not only before the first.")
@click.option("--recalibrate", is_flag=True, help="Calibrate again at every origin; needs --calibrate.")
@options.level_option
@click.option("--out", type=TABLE_FILE, help="Write the forecasts beside what happened (.parquet or .csv).")
@options.common_options
def command(
    data: DataRequest,
    task: TaskRequest,
    refit: bool,
    recalibrate: bool,
    level: tuple[float, ...],
    out: str | None,
    as_json: bool,
) -> None:
    """Forecast DATA from rolling origins and score the forecasts; nothing is scored on what it was trained on.

    Without --model it is gru. --out gets the columns unique_id, ds, cutoff, y and one or more columns for each model.
    """
    from pipelines.sinks import write_frame
    from pipelines.sources import DataSource

    frame = DataSource.open(data, task.columns).frame()

    from pipelines.comparing import backtest_models
    from pipelines.views import show_metrics

    backtests = backtest_models(frame, task, level, refit, recalibrate)
    if out:
        write_frame(out, backtests.forecasts)
        say(f"Wrote {len(backtests.forecasts)} rows to {out}.")
    calibrated = dict(task.training_fields).get("calibration_windows", 0)
    result = {"metrics": backtests.metrics, "rows": len(backtests.forecasts), "out": out, "calibrate": calibrated}
    emit(result, as_json, lambda: show_metrics(backtests.metrics))
