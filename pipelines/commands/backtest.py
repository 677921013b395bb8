"""`forecast backtest`: forecasts from rolling origins, with what happened."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.requests import TaskRequest
from pipelines.options.shared import common_options, data_options, examples, level_option, task_options
from pipelines.options.types import TABLE_FILE
from pipelines.terminal.console import emit, say


@click.command(
    short_help="Forecast from rolling origins and score.",
    epilog=examples(
        "forecast backtest load.parquet --horizon 24 --model gru --windows 30 --out backtest.parquet",
        "forecast backtest sales.csv --horizon 28 --model ar --model gru --refit --level 80 --calibrate 8",
    ),
)
@data_options
@task_options()
@click.option("--refit", is_flag=True, help="Train again at every origin, not only before the first.")
@click.option("--recalibrate", is_flag=True, help="Calibrate again at every origin; needs --calibrate.")
@level_option
@click.option("--out", type=TABLE_FILE, help="Write the forecasts beside what happened (.parquet or .csv).")
@common_options
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
    from pipelines.files.sinks import write_frame
    from pipelines.files.sources import DataSource

    frame = DataSource.open(data, task.columns).frame()

    from pipelines.jobs.compare import backtest_models
    from pipelines.jobs.views import show_metrics

    backtests = backtest_models(frame, task, level, refit, recalibrate)
    if out:
        write_frame(out, backtests.forecasts)
        say(f"Wrote {len(backtests.forecasts)} rows to {out}.")
    calibrated = dict(task.training_fields).get("calibration_windows", 0)
    result = {"metrics": backtests.metrics, "rows": len(backtests.forecasts), "out": out, "calibrate": calibrated}
    emit(result, as_json, lambda: show_metrics(backtests.metrics))
