"""The founding experiment: how fast the forecasts of a noisy sine go wrong, by model and by decoding.

1,000 points of sin(0.01 t) with normal noise of deviation 0.2; every model learns from the first 600 and forecasts
64 steps from every origin after them. Nothing is scaled: the level of the window is what tells where on the wave it
is, and standardising four noisy lags would throw that away.

Two questions are kept apart. What is read: the feed-forward and linear models read the 4 lags of the founding
experiment, which tell the level but, under this noise, not whether it rises or falls. The recurrent models read 64
steps, because to sum up a long past in a small state is what they are for; one perceptron reads the same 64, so that
the length of the past is not mistaken for a merit of recurrence. And how the horizon is reached: fed back after
learning one step (`one step`), fed back and trained so (`fed back`), a network per step (`direct`), or all steps at
once (`all at once`).

All networks take the same number of steps on all training windows, none is stopped early, and the mean and the
spread over several seeds are shown. The training data end before a whole period: the forecasts from their end meet a
phase that nobody has seen.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.training import Training
from forecasting.data.origins import Origins
from forecasting.data.samples import load_sample
from forecasting.experiments import Result
from forecasting.forecaster import Forecaster
from forecasting.plots.experiments import drift_chart, error_against_step

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

#: It runs on its own data only.
READS_DATA = False

#: Points that the models learn from.
LEARNT = 600
POINTS = 1000

SHORT, LONG = 4, 64

#: Steps ahead that the table shows.
SHOWN = (1, 4, 16, 64)


@dataclass(frozen=True)
class SineSize:
    """How much of the experiment is run.

    Attributes:
        horizon: steps ahead.
        steps: gradient steps of every network.
        every: steps between two origins.
        seeds: trainings of every network.
        left_out: names of contenders.
    """

    horizon: int
    steps: int
    every: int
    seeds: int
    left_out: frozenset[str] = frozenset()

    def contenders(self) -> list[Contender]:
        """Return the models that are run."""
        return [one for one in CONTENDERS if one.name not in self.left_out]


@dataclass(frozen=True)
class Contender:
    """A model of the experiment.

    Attributes:
        name: name in tables and pictures.
        model: name in `forecasting.models`.
        reads: context length.
        config: fields of the model's config.
    """

    name: str
    model: str
    reads: int
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def is_random(self) -> bool:
        """Whether another seed gives another forecast."""
        return "head" in self.config


#: The 10-10-1 perceptron of the founding experiment; its units are rectified.
PERCEPTRON = {"units": 10, "layers": 2, "head": "point"}

ONE_STEP = {"decoding": "recursive", "forcing": "teacher"}
FED_BACK = {"decoding": "recursive", "forcing": "free"}

CELLS = ("elman", "lstm", "gru")

CONTENDERS = (
    Contender("naive", "naive", SHORT),
    Contender("ar, one step", "ar", SHORT, {"decoding": "recursive", "rescale": False}),
    Contender("ar, all at once", "ar", SHORT),
    Contender("ff-ar, one step", "ff-ar", SHORT, PERCEPTRON | ONE_STEP),
    Contender("ff-ar, fed back", "ff-ar", SHORT, PERCEPTRON | FED_BACK),
    Contender("ff-ar, direct", "ff-ar", SHORT, PERCEPTRON | {"decoding": "direct"}),
    Contender("ff-ar, all at once", "ff-ar", SHORT, PERCEPTRON),
    Contender("ff-ar of 64, all at once", "ff-ar", LONG, PERCEPTRON),
    *(
        Contender(f"{cell}, {way}", "recurrent", LONG, {"cell": cell, "units": 16, "segment": 1, "head": "point"} | how)
        for cell in CELLS
        for way, how in (("fed back", FED_BACK), ("all at once", {}))
    ),
)

FULL = SineSize(horizon=64, steps=800, every=1, seeds=3)

#: One network of each kind; the others take long to build.
QUICK = SineSize(
    horizon=16,
    steps=10,
    every=40,
    seeds=1,
    left_out=frozenset(
        one.name
        for one in CONTENDERS
        if one.is_random and one.name not in ("ff-ar, one step", "ff-ar, all at once", "lstm, fed back")
    ),
)


@dataclass(frozen=True)
class Forecasts:
    """What one training of a contender forecasts.

    Attributes:
        rolling: [W, H] from every origin.
        closed_loop: [T] from the end of the training data, as far as can be.
        seconds: time to train.
    """

    rolling: np.ndarray
    closed_loop: np.ndarray
    seconds: float


def run(quick: bool = False, seed: int = 1) -> Result:
    """Train every contender with several seeds and measure its error by step ahead; see `forecasting.experiments`."""
    size = QUICK if quick else FULL
    frame = load_sample("sine")
    origins = np.arange(LEARNT - 1, POINTS - size.horizon, size.every)
    ahead = origins[:, None] + 1 + np.arange(size.horizon)  # [W, H]
    truth, observed = wave(np.arange(POINTS)), frame["y"].to_numpy()
    rows, curves, loops = [], {}, {}
    for contender in size.contenders():
        seeds = range(seed, seed + (size.seeds if contender.is_random else 1))
        found = [forecasts(contender, frame, origins, size, one) for one in seeds]
        rolling = np.array([one.rolling for one in found])  # [seeds, W, H]
        rows += table_rows(contender, rolling - truth[ahead], rolling - observed[ahead], found[0].seconds)
        curves[contender.name] = np.abs(rolling - truth[ahead]).mean(axis=(0, 1))
        loops[contender.name] = found[0].closed_loop
    title = f"Error of sin(0.01 t) by steps ahead, {len(origins)} origins, {size.seeds} seeds"
    figures = {
        "error_by_step": error_against_step(grouped(curves)),
        "drift": drift_chart(observed, truth, LEARNT, grouped(loops)),
    }
    return Result(title, rows, figures)


def wave(step: np.ndarray) -> np.ndarray:
    """Return the sine without its noise."""
    return np.sin(0.01 * step)


def forecasts(contender: Contender, frame: pd.DataFrame, origins: np.ndarray, size: SineSize, seed: int) -> Forecasts:
    """Train a contender on the first part of the sine and forecast the rest."""
    started = time.perf_counter()
    forecaster = train_contender(contender, frame, size, seed)
    seconds = time.perf_counter() - started
    predictor = forecaster.predictor
    where = Origins(np.zeros(len(origins), np.int64), origins)
    rolling = predictor.predict_panel(forecaster.panel(frame), origins=where).median
    longest = min(POINTS - LEARNT, predictor.task.max_horizon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is rolled out is the point
        closed_loop = forecaster.predict(horizon=longest)[contender.name].to_numpy()
    logger.info("%s, seed %d: trained in %.1f s", contender.name, seed, seconds)
    return Forecasts(rolling, closed_loop, seconds)


def train_contender(contender: Contender, frame: pd.DataFrame, size: SineSize, seed: int) -> Forecaster:
    """Return a contender that has learnt from the first part of the sine."""
    training = Training(
        steps=size.steps,
        batch_size=64,
        validate_every=size.steps,
        validation_windows=0,  # all windows train for all steps, and none is held out
        truncation=0.0,
        steps_per_execution=math.gcd(size.steps, 50),
        seed=seed,
    )
    return Forecaster(
        contender.model,
        size.horizon,
        season=1,
        context_length=contender.reads,
        scaling="none",
        training=training,
        alias=contender.name,
        **contender.config,
    ).fit(frame.head(LEARNT))


def table_rows(contender: Contender, error: np.ndarray, noisy: np.ndarray, seconds: float) -> list[dict[str, Any]]:
    """Return a contender's rows of the table, one per step ahead that is shown.

    Args:
        contender: the model.
        error: [seeds, W, H] forecast minus the sine without noise.
        noisy: [seeds, W, H] forecast minus the observation.
        seconds: time of one training.
    """
    rows = []
    for step in (step for step in SHOWN if step <= error.shape[2]):
        one, beside = error[:, :, step - 1], noisy[:, :, step - 1]
        rows.append(
            {
                "model": contender.name,
                "reads": contender.reads,
                "steps_ahead": step,
                "mae": float(np.abs(one).mean()),
                "spread": float(np.abs(one).mean(axis=1).std()),
                "rmse": float(np.sqrt((one**2).mean(axis=1)).mean()),
                "mae_observed": float(np.abs(beside).mean()),
                "rmse_observed": float(np.sqrt((beside**2).mean(axis=1)).mean()),
                "train_seconds": round(seconds, 1),
            }
        )
    return rows


def grouped(values: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Return what is drawn, given by the names of contenders, by what they read."""
    drawn = [one for one in CONTENDERS if one.name in values]
    return {
        f"reads {reads} steps": {one.name: values[one.name] for one in drawn if one.reads == reads}
        for reads in (SHORT, LONG)
    }
