"""`forecast calibrate`: new intervals for a trained model, without training."""

from __future__ import annotations

import click

from pipelines.files.request import DataRequest
from pipelines.options.requests import KeepRequest
from pipelines.options.shared import common_options, data_options, examples, keep_options, model_option, require_run
from pipelines.terminal.console import emit


@click.command(
    short_help="Calibrate a trained model again, on new rows.",
    epilog=examples(
        "forecast calibrate load.parquet --model load@champion --windows 20 --register load",
        "forecast calibrate sales.csv --model model --out recalibrated",
    ),
)
@data_options
@model_option
@click.option(
    "--windows",
    type=click.IntRange(1),
    metavar="K",
    help="Horizons at the end of each series that calibrate. [as trained]",
)
@keep_options
@common_options
def command(data: DataRequest, model: str, windows: int | None, keep: KeepRequest, as_json: bool) -> None:
    """Count the errors of a trained MODEL on the last rows of DATA, and set its intervals by them; weights stay.

    Only rows after those that the weights were fitted to count. So intervals follow data that changed, and a model
    that was trained without --calibrate gets intervals as soon as new rows are there.
    """
    from pipelines.files.request import Columns
    from pipelines.files.sources import DataSource

    require_run(keep)
    source = DataSource.open(data)

    from forecasting.forecaster import Forecaster
    from pipelines.jobs.calibrate import calibrate_model
    from pipelines.jobs.views import show_trained

    forecaster = Forecaster.load(model)
    rows = source.reading(Columns.of(forecaster.predictor.task)).read()
    trained = calibrate_model(forecaster, rows, windows, keep)
    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
