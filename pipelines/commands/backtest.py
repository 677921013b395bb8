"""`forecast backtest`: forecasts from rolling origins beside what happened."""

from __future__ import annotations

import click

from pipelines import option_types, options, requests


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
@click.option("--out", type=option_types.OutFile(), help="Write the forecasts beside what happened (.parquet or .csv).")
@options.common_options
def command(
    data: requests.DataRequest,
    task: requests.TaskRequest,
    refit: bool,
    recalibrate: bool,
    level: tuple[float, ...] | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Forecast DATA from rolling origins and score the forecasts; nothing is scored on what it was trained on.

    Without --model it is gru. --out gets the columns unique_id, ds, cutoff, y and one or more columns for each model.
    """
    from pipelines.console import emit, say
    from pipelines.sources import Source

    frame = Source.open(task.read(data)).frame()

    from pipelines.comparing import backtest
    from pipelines.sinks import write_frame
    from pipelines.views import show_metrics

    forecasts, metrics = backtest(frame, task, level or (), refit, recalibrate)
    if out:
        write_frame(out, forecasts)
        say(f"Wrote {len(forecasts)} rows to {out}.")
    calibrated = dict(task.training_fields).get("calibration_windows", 0)
    result = {"metrics": metrics, "rows": len(forecasts), "out": out, "calibrate": calibrated}
    emit(result, as_json, lambda: show_metrics(metrics))
