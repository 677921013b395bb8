"""`forecast calibrate`: new intervals for a trained model, without training."""

from __future__ import annotations

import click

from pipelines import options
from pipelines.console import emit
from pipelines.files.request import DataRequest
from pipelines.requests import KeepRequest


@click.command(
    short_help="Calibrate a trained model again, on new rows.",
    epilog=options.examples(
        "forecast calibrate load.parquet --model load@champion --windows 20 --register load",
        "forecast calibrate sales.csv --model model --out recalibrated",
    ),
)
@options.data_options
@options.model_option
@click.option(
    "--windows",
    type=click.IntRange(1),
    metavar="K",
    help="Horizons at the end of each series that calibrate. [as trained]",
)
@options.keep_options
@options.common_options
def command(data: DataRequest, model: str, windows: int | None, keep: KeepRequest, as_json: bool) -> None:
    """Count the errors of a trained MODEL on the last rows of DATA, and set its intervals by them; weights stay.

    Only rows after those that the weights were fitted to count. So intervals follow data that changed, and a model
    that was trained without --calibrate gets intervals as soon as new rows are there.
    """
    from pipelines.files.request import Columns
    from pipelines.sources import DataSource

    options.require_run(keep)
    source = DataSource.open(data)

    from forecasting.forecaster import Forecaster
    from pipelines.calibrating import calibrate_model
    from pipelines.views import show_trained

    forecaster = Forecaster.load(model)
    rows = source.reading(Columns.of(forecaster.predictor.task)).read()
    trained = calibrate_model(forecaster, rows, windows, keep)
    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
