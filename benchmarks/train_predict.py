"""Our side of what is run whole: fits one forecaster on a Parquet file and forecasts all series."""

from __future__ import annotations

import argparse
import json
import time

import pandas as pd
import pyarrow as pa


def main() -> None:
    """Fit and predict; print the seconds of both and the bytes of the frame as one JSON line.

    No rows are held out for validation, and loading libraries is not timed, as on the peer's side.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("--model", required=True)
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--context", type=int)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--season", type=int, nargs="+", default=[24])
    parser.add_argument("--out", help="Parquet file for the forecasts")
    given = parser.parse_args()

    import forecasting.network.build  # noqa: F401  Keras is otherwise loaded when the first model is built
    from forecasting import Forecaster, ModelSpec, Training

    frame = pd.read_parquet(given.train, columns=["unique_id", "ds", "y"])
    pa.default_memory_pool().release_unused()  # what Arrow keeps of reading the file is not the training's
    training = Training(
        steps=given.steps, batch_size=given.batch, validate_every=given.steps, validation_windows=0, refit=False
    )
    forecaster = Forecaster(
        ModelSpec.parse(given.model),
        given.horizon,
        season=tuple(given.season),
        context_length=given.context,
        training=training,
    )
    started = time.perf_counter()
    forecaster.fit(frame)
    fitted = time.perf_counter()
    forecasts = forecaster.predict()
    answered = time.perf_counter()
    if given.out:
        forecasts.rename(columns={given.model: "forecast"})[["unique_id", "ds", "forecast"]].to_parquet(given.out)
    facts = {"fit_s": fitted - started, "predict_s": answered - fitted, "forecasts": len(forecasts)}
    print(json.dumps(facts | {"frame_bytes": int(frame.memory_usage(deep=True).sum())}))


if __name__ == "__main__":
    main()
