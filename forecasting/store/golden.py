"""Golden forecasts: three generated series and what the model said of them, asked again whenever it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.task import Task
from forecasting.errors import ArtifactError, ForecastingError
from forecasting.prediction.calibration import Calibration
from forecasting.prediction.question import Question

if TYPE_CHECKING:
    from forecasting.data.panel import Panel
    from forecasting.prediction.answer import Answer
    from forecasting.prediction.predictor import Predictor

#: Largest difference, relative to the scale of the window, between a golden forecast and its replay.
GOLDEN_TOLERANCE = 1e-4

#: Fields of the record, and those of a calibrated model besides.
RECORDED, RECORDED_OF_CALIBRATED = ("histories", "forecasts", "tolerance"), ("quantile_levels", "quantiles")


def golden_panel(task: Task) -> Panel:
    """Return the three generated series of `golden_values` on the task's grid."""
    from forecasting.data.covariates import example_covariates
    from forecasting.data.panel import Panel
    from forecasting.data.statics import example_statics
    from forecasting.data.time.calendar import Frequency

    frequency = Frequency.parse(task.freq)
    start = frequency.first_on_grid(np.datetime64("2024-01-01T00:00:00", "us"))
    panel = Panel.from_arrays(
        ["season", "gaps", "constant"], [start] * 3, golden_values(task), frequency, symbols=task.symbols
    )
    if any(task.covariate_counts):
        # twice the horizon is known ahead: enough to be rolled out once
        panel = panel.with_covariates(example_covariates(task.covariate_kinds, panel.lengths, 2 * task.horizon))
    return panel.with_statics(example_statics(task.static_covariates, 3))


def golden_values(task: Task) -> list[np.ndarray]:
    """Return a season on a level, noise with gaps, a constant; of symbols: all in turn, random ones with gaps, one."""
    rng = np.random.default_rng(0)
    step = np.arange(task.context_length)
    if task.symbols:
        count = len(task.symbols)
        random = rng.integers(0, count, len(step)).astype(float)
        random[1::7] = np.nan
        return [step % count, random, np.zeros(len(step))]
    season = 100 + 10 * np.sin(2 * np.pi * step / max(task.season[0], 2)) + 0.01 * step
    noise = rng.normal(0, 1, len(step))
    noise[1::7] = np.nan
    return [season, noise, np.full(len(step), 7.0)]


def golden(predictor: Predictor) -> dict[str, Any]:
    """Return three inputs and their forecasts, as JSON."""
    panel = golden_panel(predictor.task)
    levels = golden_levels(predictor)
    answer = predictor.predict_panel(panel, Question(predictor.task.horizon, quantile_levels=levels))
    histories = np.split(panel.y, panel.offsets[1:-1])
    return {
        **({"quantile_levels": levels, "quantiles": answer.quantiles.tolist()} if levels else {}),
        "histories": [[None if np.isnan(value) else value for value in history] for history in histories],
        "forecasts": golden_numbers(answer).tolist(),
        "tolerance": GOLDEN_TOLERANCE,
    }


def golden_levels(predictor: Predictor) -> tuple[float, ...]:
    """Return the quantile levels that are replayed: the outermost ones of a calibrated model, none of others."""
    return tuple(sorted({*(predictor.quantile_range or ())})) if predictor.calibration else ()


def golden_numbers(answer: Answer) -> np.ndarray:
    """Return what a replay compares: medians [3, H], or probabilities [3, H, K], which are no matter of a hair."""
    return np.asarray(answer.probabilities if answer.symbols else answer.median)


def replay(record: Any, predictor: Predictor, folder: Path) -> None:
    """Ask for the golden forecasts again.

    Args:
        record: what `golden` returned when the model was written.
        predictor: the model.
        folder: where it was read from, for messages.

    Raises:
        ArtifactError: a forecast differs by more than the tolerance, relative to its window's scale.
    """
    if not isinstance(record, dict) or not {*RECORDED} <= {*record} <= {*RECORDED, *RECORDED_OF_CALIBRATED}:
        raise ArtifactError(f"{folder} has golden forecasts of another kind.", code="golden")
    panel = golden_panel(predictor.task)
    histories = [np.array([np.nan if value is None else value for value in row]) for row in record["histories"]]
    panel = panel.with_values(np.concatenate(histories))
    question = Question(predictor.task.horizon, quantile_levels=golden_levels(predictor))
    try:
        answer = predictor.predict_panel(panel, question)
    except ForecastingError as error:
        raise ArtifactError(f"{folder} does not answer its golden inputs: {error}", code="golden") from error
    scale = np.array([max(np.nanstd(row), 1e-3 * np.nanmax(np.abs(row))) for row in histories])
    scale = np.ones(len(histories)) if answer.symbols else scale
    hair = 1.0 if predictor.support.is_whole else 0.0  # it may decide between two neighbouring counts
    difference = np.abs(golden_numbers(answer) - np.array(record["forecasts"])).reshape(len(scale), -1)
    difference = np.maximum(difference - hair, 0) / scale[:, None]
    if answer.quantile_levels or "quantiles" in record:
        difference = np.append(difference, quantile_difference(record, answer, predictor.calibration, scale, hair))
    if not difference.max() <= GOLDEN_TOLERANCE:
        raise ArtifactError(
            f"{folder} does not answer as it did when it was written: golden forecasts differ by "
            f"{difference.max():.3g} of the window's scale, {GOLDEN_TOLERANCE:g} is allowed.",
            code="golden",
        )


def quantile_difference(
    record: dict[str, Any], answer: Answer, calibration: Calibration | None, scale: np.ndarray, hair: float
) -> float:
    """Return how far calibrated quantiles are from the record, by the window's scale and the ratio it is stretched by.

    Infinite where the record was not made with this calibration: it has other levels, or none.
    """
    wanted = np.array(record.get("quantiles", []))
    is_same = record.get("quantile_levels") == list(answer.quantile_levels) and wanted.shape == answer.quantiles.shape
    if calibration is None or not is_same:
        return float("inf")
    stretched = scale * max(1.0, float(np.abs(calibration.ratios).max()))
    difference = np.maximum(np.abs(answer.quantiles - wanted) - hair, 0)
    return float((difference / stretched[:, None, None]).max())
