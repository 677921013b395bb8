"""`forecast calibrate`: new intervals for a trained model, without training."""

from __future__ import annotations

import click

from pipelines import options, requests


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
def command(
    data: requests.DataRequest,
    model: str,
    windows: int | None,
    out: str | None,
    register: str | None,
    track: bool,
    as_json: bool,
) -> None:
    """Count the errors of a trained MODEL on the last rows of DATA, and set its intervals by them; weights stay.

    Only rows after those that the weights were fitted to count. So intervals follow data that changed, and a model
    that was trained without --calibrate gets intervals as soon as new rows are there.
    """
    from pipelines.console import emit
    from pipelines.sources import Source

    options.require_run(register, track)
    source = Source.open(data)

    from pipelines.quiet import import_tensorflow

    import_tensorflow()

    from forecasting.forecaster import Forecaster
    from pipelines.calibrating import calibrate
    from pipelines.training import KeepRequest
    from pipelines.views import show_trained

    forecaster = Forecaster.load(model)
    frame = source.read_for(forecaster.predictor.task).frame()
    trained = calibrate(forecaster, frame, windows, KeepRequest(source.name, register, out, track))
    emit(trained.to_dict(), as_json, lambda: show_trained(trained))
