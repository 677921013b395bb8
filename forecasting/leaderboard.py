"""Leaderboard: models ranked by a rolling-origin backtest on the same origins, with what each costs."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.evaluation.backtest import Backtest
from forecasting.evaluation.metrics import ranking_metric
from forecasting.forecaster import Forecaster
from forecasting.schema import interval_quantiles
from forecasting.store.report import Report, ReportRow, RunReference, StepError

if TYPE_CHECKING:
    from keras.callbacks import Callback

#: Calls timed for the milliseconds to predict one series; their median is reported.
TIMED_CALLS = 20

#: Quantiles that are scored besides the bounds of the intervals, where the model answers them.
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: Begins the names of the metrics that say how often intervals held.
COVERAGE = "coverage_"


@dataclass(frozen=True)
class Entry:
    """One model's row.

    Attributes:
        forecaster: the model, fitted on the data before the first origin.
        backtest: its forecasts from all origins.
        metrics: accuracy by metric.
        train_seconds: wall-clock time of the training.
        predict_milliseconds: median time of one forecast of one series.
        artifact_bytes: size of the saved model.
    """

    forecaster: Forecaster
    backtest: Backtest
    metrics: dict[str, float]
    train_seconds: float
    predict_milliseconds: float
    artifact_bytes: int

    @property
    def name(self) -> str:
        """The model's column name."""
        return self.forecaster.spec.alias

    @property
    def score(self) -> float:
        """What ranks: MASE, or perplexity where symbols are forecast; lower is better."""
        return self.metrics[ranking_metric(self.metrics)]


def compete(
    forecasters: Iterable[Forecaster],
    panel: Panel,
    windows: int = 5,
    step: int | None = None,
    *,
    level: Sequence[float] = (80.0,),
    callbacks: Callable[[Forecaster], Sequence[Any]] = lambda forecaster: (),
) -> list[Entry]:
    """Fit every forecaster on the data before the first origin, backtest it and rank; the best comes first.

    Args:
        forecasters: unfitted, with different aliases.
        panel: the data.
        windows: rolling origins per series.
        step: steps between origins; the horizon by default.
        level: intervals scored where the model answers them.
        callbacks: gives the Keras callbacks for each fit, such as a progress bar.
    """
    entries = [enter(forecaster, panel, windows, step, level, callbacks(forecaster)) for forecaster in forecasters]
    return rank(entries)


def rank(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries with the best first; one whose metric is not a number (nothing to scale by) comes last."""
    return sorted(entries, key=lambda entry: (math.isnan(entry.score), entry.score))


def enter(
    forecaster: Forecaster,
    panel: Panel,
    windows: int,
    step: int | None,
    level: Sequence[float],
    callbacks: Sequence[Callback],
) -> Entry:
    """Fit, backtest and time one forecaster."""
    from forecasting.evaluation.backtest import backtest_fitted, rolling_to_learn
    from forecasting.prediction.question import numbers_in

    level = numbers_in(level, "level", 100)
    rolling = rolling_to_learn(panel, forecaster.horizon, windows, step)
    fitted = forecaster.copy().fit_panel(panel.known_at(rolling), callbacks)
    level = [one for one in level if fitted.predictor.answers(interval_quantiles(one))]
    deciles = [q for q in DECILES if fitted.predictor.answers((q,))]
    levels = {*(bound for one in level for bound in interval_quantiles(one)), *deciles}
    backtest = backtest_fitted(fitted.predictor, panel, rolling, sorted(levels))
    metrics = backtest.metrics(level)
    return Entry(fitted, backtest, metrics, fitted.facts.seconds, milliseconds(fitted, panel), artifact_size(fitted))


def report_of(
    entries: Sequence[Entry], left_out: Mapping[str, str] | None = None, run: RunReference | None = None
) -> Report:
    """Return what is kept beside the best model of a leaderboard.

    Args:
        entries: ranked, at least one.
        left_out: why a model is not among them, by its name.
        run: where more is kept.
    """
    best = entries[0]
    measure, by_step = best.backtest.loss_by_step()
    rows = [
        ReportRow(
            model=entry.name,
            metrics={name: number_or_none(value) for name, value in entry.metrics.items()},
            train_seconds=number_or_none(entry.train_seconds),
            predict_milliseconds=number_or_none(entry.predict_milliseconds),
            artifact_bytes=entry.artifact_bytes,
            calibration_windows=entry.forecaster.facts.calibration_windows,
        )
        for entry in entries
    ]
    coverage = {
        name.removeprefix(COVERAGE): number_or_none(value)
        for name, value in best.metrics.items()
        if name.startswith(COVERAGE)
    }
    return Report(
        leaderboard=tuple(rows),
        left_out=dict(left_out or {}),
        windows=int(best.backtest.keep.sum()),
        error_by_step=StepError(measure=measure, values=tuple(number_or_none(value) for value in by_step)),
        coverage=coverage,
        run=run,
    )


def number_or_none(value: float) -> float | None:
    """Return a number that JSON can hold; None for others."""
    return float(value) if math.isfinite(value) else None


def milliseconds(forecaster: Forecaster, panel: Panel) -> float:
    """Return the median time of one forecast of one series."""
    horizon = forecaster.predictor.task.horizon
    end = np.maximum(panel.lengths[:1] - horizon - 1, 0)  # what is known of the horizon lies in the panel
    one = panel.windows(Origins(np.zeros(1, np.int64), end), int(end[0]) + 1, horizon)
    forecaster.predictor.predict_panel(one)
    times = []
    for _ in range(TIMED_CALLS):
        started = time.perf_counter()
        forecaster.predictor.predict_panel(one)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def artifact_size(forecaster: Forecaster) -> int:
    """Return the bytes of the saved model."""
    with tempfile.TemporaryDirectory(prefix="forecast-") as part:
        folder = forecaster.save(Path(part) / "model")
        return sum(file.stat().st_size for file in folder.iterdir())


def to_frame(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the leaderboard as a frame, one row per model, in order."""
    rows = [
        {
            "model": entry.name,
            **entry.metrics,
            "train_seconds": entry.train_seconds,
            "predict_milliseconds": entry.predict_milliseconds,
            "artifact_bytes": entry.artifact_bytes,
            "calibration_windows": entry.forecaster.facts.calibration_windows,
        }
        for entry in entries
    ]
    return pd.DataFrame(rows)
