"""Masking against filling: the same model and seed on data with 5, 20 and 50 percent of its values removed."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from benchmarks.common import data, show

SHARES = (0.05, 0.2, 0.5)
SEED = 1
#: Gradient steps of each of the fits, 24 for each set of data.
STEPS = int(os.environ.get("FORECAST_BENCHMARK_STEPS", "300"))
#: Origins that are scored for each series, and the rows between them.
ORIGINS, APART = 30, 24 + 7
#: The model: quick, and one that reads every step of its context.
MODEL, CHOICES = "ff-ar", {"units": 64}


def removed(y: np.ndarray, share: float, block: int, rng: np.random.Generator) -> np.ndarray:
    """Return y [T] with about `share` of its rows missing, in blocks of `block` rows."""
    starts = rng.random(len(y)) < 1 - (1 - share) ** (1 / block)
    gone = np.convolve(starts, np.ones(block), "full")[: len(y)] > 0
    return np.where(gone, np.nan, y)


def filled(y: np.ndarray, way: str) -> np.ndarray:
    """Return y [T] as people fill it, from what is known in it; `mask` leaves it alone."""
    series = pd.Series(y)
    if way == "mask":
        return y
    if way == "zero":
        return series.fillna(0.0).to_numpy()
    filled_in = series.ffill() if way == "forward fill" else series.interpolate(limit_area="inside").ffill()
    return filled_in.bfill().to_numpy()


WAYS = ("mask", "forward fill", "linear", "zero")


def error(panel: object, gone: np.ndarray, way: str, horizon: int) -> float:
    """Return the mean absolute error on the true values, scaled by each series' mean size, of one way.

    Nothing after an origin fills anything before it: each history is filled on its own.
    """
    from forecasting import Forecaster, Training
    from forecasting.data.panel import Panel

    series = np.split(gone, panel.offsets[1:-1])
    truth = np.split(panel.y, panel.offsets[1:-1])
    first = [len(y) - horizon - (ORIGINS - 1) * APART for y in series]
    training = Training(steps=STEPS, validate_every=STEPS // 3, refit=False, seed=SEED)
    train = [filled(y[:end], way) for y, end in zip(series, first, strict=True)]
    build = (panel.frequency, panel.timezone)
    forecaster = Forecaster(MODEL, horizon, panel.frequency.alias, training=training, **CHOICES)
    forecaster.fit_panel(Panel.from_arrays(panel.ids, panel.starts, train, *build))
    reach = 3 * forecaster.predictor.task.context_length
    names, starts, histories, happened, size = [], [], [], [], []
    for number, (y, true, begin) in enumerate(zip(series, truth, first, strict=True)):
        for origin in range(ORIGINS):
            end = begin + origin * APART
            lowest = max(0, end - reach)
            names.append(f"{number}/{origin}")
            starts.append(panel.frequency.times(panel.starts[number], np.array([lowest]))[0])
            histories.append(filled(y[lowest:end], way))
            happened.append(true[end : end + horizon])
            size.append(np.nanmean(np.abs(true)))
    answer = forecaster.predictor.predict_panel(Panel.from_arrays(names, np.array(starts), histories, *build))
    return float(np.nanmean(np.abs(answer.median - np.array(happened)) / np.array(size)[:, None]))


def main(as_json: bool) -> None:
    """Print the error of every way, in percent of the series' mean size, beside that with nothing removed."""
    from forecasting import load_sample
    from forecasting.data.panel import Panel

    sets = {
        "traffic (hourly)": (load_sample("traffic"), 24, 24),
        "wiki_daily": (pd.read_parquet(data("wiki_daily")), 28, 7),
    }
    rows = []
    for name, (frame, horizon, block) in sets.items():
        panel = Panel.from_frame(frame[["unique_id", "ds", "y"]])
        whole = error(panel, panel.y, "mask", horizon)
        for pattern, length in (("at random", 1), (f"blocks of {block}", block)):
            for share in SHARES:
                rng = np.random.default_rng(SEED)
                parts = [removed(y, share, length, rng) for y in np.split(panel.y, panel.offsets[1:-1])]
                gone = np.concatenate(parts)
                found = {way: 100 * error(panel, gone, way, horizon) for way in WAYS}
                best = min(found[way] for way in WAYS[1:])
                rows.append(
                    {
                        "data": name,
                        "removed": f"{share:.0%} {pattern}",
                        "nothing removed": 100 * whole,
                        **found,
                        "mask / best fill": found["mask"] / best,
                    }
                )
                print(rows[-1], flush=True)
    show(f"Error in percent of the mean, {MODEL}, {STEPS} steps, {ORIGINS} origins per series", rows, as_json)
