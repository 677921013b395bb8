"""Calibrating a trained model again, without training, on rows that came after those its weights were fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.data.panel import Panel
from forecasting.prediction.calibration_windows import MovingCalibration
from forecasting.prediction.predictor import Predictor
from forecasting.store.facts import Facts


@dataclass(frozen=True)
class Recalibrated:
    """A model with new intervals, and what is recorded about it."""

    predictor: Predictor
    facts: Facts


def recalibrated(predictor: Predictor, facts: Facts, panel: Panel, horizons: int) -> Recalibrated:
    """Return a predictor that is calibrated on the last `horizons` horizons of a panel, and its facts.

    Raises:
        PanelError: the panel is not one of the model's frequency.
        TrainingError: no series goes on long enough after what the weights were fitted to.
    """
    seen = rows_until(panel, facts.seen_until)
    moving = MovingCalibration.of(predictor, panel, seen, horizons, only_last=True)
    calibration = moving.at(panel.lengths)
    facts = facts.calibrated(panel, calibration.windows, moving.first)
    return Recalibrated(moving.predictor.calibrated(calibration), facts)


def rows_until(panel: Panel, label: str | int) -> NDArray[np.int64]:
    """Return how many rows [S] of each series are not after a time step, in the text of `Panel.label`."""
    is_before = panel.grid() <= panel.parse_label(label)
    return np.add.reduceat(is_before.astype(np.int64), panel.offsets[:-1])
