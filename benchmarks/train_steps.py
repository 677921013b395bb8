"""Our side of the training-step benchmark: trains one network for a number of steps, prints one JSON line."""

from __future__ import annotations

import argparse
import json
import time

import pandas as pd


def main() -> None:
    """Train as `gradient.fit` does, without validation or refit, and print the seconds it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("--spec", required=True)
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--precision", default="float32")
    given = parser.parse_args()

    from forecasting import Forecaster, ModelSpec, Training
    from forecasting.data.panel import Panel
    from forecasting.network.build import build_network
    from forecasting.training.batches import draw_batches
    from forecasting.training.source import WindowSource
    from forecasting.training.trainer import WindowTrainer, run

    panel = Panel.from_frame(pd.read_parquet(given.train, columns=["unique_id", "ds", "y"]))
    training = Training(
        steps=given.steps,
        batch_size=given.batch,
        validate_every=given.steps,
        steps_per_execution=50,
        precision=given.precision,
    )
    spec = ModelSpec.parse(given.spec)
    task = Forecaster(spec, given.horizon, season=24, context_length=given.context).choices.task_for(panel)
    started = time.perf_counter()
    source = WindowSource.of(panel, task)
    trainer = WindowTrainer(build_network(spec, task, seed=1), source, training)
    batches = draw_batches(source.all_windows(), training, task.context_length)
    run(trainer, batches, None, given.steps, ())
    print(json.dumps({"fit_s": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
