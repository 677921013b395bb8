"""`forecast predict`: forecast what comes after DATA."""

from __future__ import annotations

import click

from pipelines import option_types, options, requests


@click.command(
    short_help="Forecast with a trained model.",
    epilog=options.examples(
        "forecast predict sales.csv --model model --out forecast.csv",
        "forecast predict load.parquet --model load@champion --horizon 24 --level 80,95 --out forecast.parquet",
        "forecast predict sales.csv --model model --future promotions.csv --out forecast.csv",
        "forecast predict sales.csv --model model --only 'shop 1' --only 'shop 2'",
        "forecast predict load.parquet --model load/3 | head",
    ),
)
@options.data_options
@options.model_option
@options.predict_options
@click.option("--out", type=option_types.OutFile(), help="Write the forecasts here (.parquet or .csv). [printed]")
@options.common_options
def command(
    data: requests.DataRequest,
    model: str,
    asked: requests.PredictOptions,
    out: str | None,
    as_json: bool,
) -> None:
    """Forecast the steps after the end of every series of DATA; the series may be others than those trained on.

    One bad series is an error here; `forecast batch` sets it aside and forecasts the others.
    """
    from pipelines.console import emit, say
    from pipelines.sinks import to_csv, write_frame
    from pipelines.sources import Source

    source = Source.open(data)

    from pipelines.quiet import import_tensorflow

    import_tensorflow()

    from forecasting.forecaster import Forecaster

    forecaster = Forecaster.load(model)
    task = forecaster.predictor.task
    future = source.future(asked.future, task.known_names).frame() if asked.future else None
    forecast = forecaster.predict(
        source.read_for(task).frame(),
        asked.horizon,
        level=asked.level,
        probabilities=asked.probabilities,
        future=future,
        ids=asked.only or None,
    )
    if out:
        write_frame(out, forecast)
        say(f"Wrote {len(forecast)} rows to {out}.")
    result = {"model": forecaster.spec.alias, "series": int(forecast["unique_id"].nunique()), "rows": len(forecast)}
    records = {"out": out} if out else {"forecast": options.records(forecast)}
    emit({**result, **records}, as_json, lambda: None if out else click.echo(to_csv(forecast), nl=False))
