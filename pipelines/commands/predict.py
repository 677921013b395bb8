"""`forecast predict`: forecast what comes after DATA."""

from __future__ import annotations

import click

from pipelines.files.request import Columns, DataRequest
from pipelines.options.bundle import Bundle
from pipelines.options.requests import PredictRequest
from pipelines.options.shared import (
    common_options,
    data_options,
    examples,
    future_option,
    horizon_option,
    level_option,
    model_option,
)
from pipelines.options.types import TABLE_FILE
from pipelines.terminal.console import emit, say


@click.command(
    short_help="Forecast with a trained model.",
    epilog=examples(
        "forecast predict sales.csv --model model --out forecast.csv",
        "forecast predict load.parquet --model load@champion --horizon 24 --level 80,95 --out forecast.parquet",
        "forecast predict sales.csv --model model --future promotions.csv --out forecast.csv",
        "forecast predict sales.csv --model model --only 'shop 1' --only 'shop 2'",
        "forecast predict load.parquet --model load/3 | head",
    ),
)
@data_options
@model_option
@Bundle("request", PredictRequest, [
    horizon_option,
    level_option,
    future_option,
    click.option("--only", multiple=True, metavar="ID", help="Forecast this series; may be repeated. [all]"),
    click.option("--probabilities", is_flag=True, help="Add the probability of each symbol."),
])  # fmt: skip
@click.option("--out", type=TABLE_FILE, help="Write the forecasts here (.parquet or .csv). [printed]")
@common_options
def command(data: DataRequest, model: str, request: PredictRequest, out: str | None, as_json: bool) -> None:
    """Forecast the steps after the end of every series of DATA; the series may be others than those trained on.

    One bad series is an error here; `forecast batch` sets it aside and forecasts the others.
    """
    from pipelines.files.sinks import to_csv, to_records, write_frame
    from pipelines.files.sources import DataSource

    source = DataSource.open(data)

    from forecasting.forecaster import Forecaster

    forecaster = Forecaster.load(model)
    task = forecaster.predictor.task
    future = source.future(request.future, task.known_names).frame() if request.future else None
    forecast = forecaster.predict(
        source.reading(Columns.of(task)).frame(),
        request.horizon,
        level=request.level,
        probabilities=request.probabilities,
        future=future,
        ids=request.only or None,
    )
    if out:
        write_frame(out, forecast)
        say(f"Wrote {len(forecast)} rows to {out}.")
    result = {"model": forecaster.spec.alias, "series": int(forecast["unique_id"].nunique()), "rows": len(forecast)}
    rows = {"out": out} if out else {"forecast": to_records(forecast)}
    emit({**result, **rows}, as_json, lambda: None if out else click.echo(to_csv(forecast), nl=False))
