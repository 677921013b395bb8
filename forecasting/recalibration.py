"""Calibrating a trained model again, without training, on rows that came after those its weights were fitted to.

Errors of a time series are not exchangeable: what held in the rows that were kept apart at training may not hold a
year later. The window of `calibration_windows` horizons therefore moves along with the data.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from forecasting.calibration import MOST_WINDOWS, Calibration, CalibrationErrors, spare_scale
from forecasting.config import Training, is_count, require
from forecasting.data.panel import Panel
from forecasting.data.splits import validation_origins
from forecasting.errors import TrainingError
from forecasting.facts import Facts
from forecasting.learner_spec import LearnerSpec, require_calibratable
from forecasting.model_spec import ModelSpec

if TYPE_CHECKING:
    from forecasting.predictor import Predictor

#: Of many series so many are scored at least. Series are left out before windows are: a span of few windows would have
#: none left.
FEWEST_SERIES = 50


def rows_until(panel: Panel, label: str | int) -> NDArray[np.int64]:
    """Return how many rows [S] of each series are not after a time step, in the text of `Panel.label`."""
    is_before = panel.grid() <= panel.parse_label(label)
    return np.add.reduceat(is_before.astype(np.int64), panel.offsets[:-1])


def spread(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return the mask [S] with at most `most` of its true places left, evenly chosen."""
    places = np.flatnonzero(mask)
    count = min(most, len(places))
    kept = np.zeros_like(mask)
    kept[places[np.arange(count) * len(places) // max(count, 1)]] = True
    return kept


@dataclass(frozen=True, eq=False)
class MovingCalibration:
    """A model's errors in windows that its weights never saw, of which the latest ones calibrate.

    Attributes:
        predictor: not calibrated.
        panel: the data.
        errors: one for each window of which the targets are unseen, or for those of the last rows alone.
        seen: [S] rows of each series that the weights may have seen.
        rows: rows that calibrate, of each series.
    """

    predictor: Predictor
    panel: Panel
    errors: CalibrationErrors
    seen: NDArray[np.int64]
    rows: int

    @classmethod
    def of(
        cls, predictor: Predictor, panel: Panel, seen: NDArray[np.int64], windows: int, only_last: bool = False
    ) -> Self:
        """Score the windows of a panel.

        Args:
            predictor: with or without a calibration, which is put aside.
            panel: the data.
            seen: [S] rows of each series that the weights may have seen.
            windows: horizons that calibrate.
            only_last: whether it calibrates at the end of the panel alone: nothing else is scored.

        Raises:
            TrainingError: no series has a whole horizon after those rows.
        """
        bare, horizon, rows = predictor.calibrated(None), predictor.task.horizon, windows * predictor.task.horizon
        spans = max(1, math.ceil(int((panel.lengths - seen).max(initial=0)) / rows))
        inside = rows - horizon + 1  # windows of a series whose targets lie in what calibrates
        is_scored = spread(panel.lengths - seen >= horizon, max(MOST_WINDOWS // inside, FEWEST_SERIES))
        starts = np.where(is_scored, np.maximum(seen, 1), panel.lengths)
        origins = validation_origins(panel.lengths, starts, horizon, spans * MOST_WINDOWS * rows // inside)
        if len(origins[0]) == 0:
            raise TrainingError(
                "Nothing can be calibrated on: no series goes on for a horizon after the rows that the model was "
                f"fitted to. The longest has {int((panel.lengths - seen).max(initial=0))} rows more, the horizon is "
                f"{horizon}. Fix: give the rows that came since, or train with `calibration_windows`.",
                code="no_calibration",
                field="calibration_windows",
            )
        if only_last:
            is_last = origins[1] + 1 >= np.maximum(seen, panel.lengths - rows)[origins[0]]
            origins = origins[0][is_last], origins[1][is_last]
        known = panel.truncate(seen) if seen.any() else panel
        held = predictor.calibration
        spare = held.spare_scale if held else spare_scale(known, predictor.task.season[0])
        return cls(bare, panel, CalibrationErrors.of(bare, panel, origins, spare), seen, rows)

    def at(self, ends: NDArray[np.int64]) -> Calibration:
        """Calibrate on the last rows before `ends` [S].

        Raises:
            TrainingError: a step of the horizon was observed in no window.
        """
        return self.errors.between(np.maximum(self.seen, ends - self.rows), ends)

    @property
    def first(self) -> str | int:
        """The first time step that calibrates when all rows are known."""
        starts = np.maximum(self.seen, self.panel.lengths - self.rows)
        return self.panel.label(
            self.panel.frequency.times(self.panel.starts, starts)[starts < self.panel.lengths].min()
        )

    def predictor_at(self, ends: NDArray[np.int64]) -> Predictor:
        """Return the predictor as it is calibrated when row `ends` - 1 of each series is the last one known."""
        return self.predictor.calibrated(self.at(ends))


def calibrating(training: Training, spec: ModelSpec, windows: int | None = None) -> int:
    """Return how many horizons calibrate a trained model again.

    Args:
        training: how it was trained.
        spec: the model.
        windows: horizons; as `training` says when None.

    Raises:
        ConfigError: none are said, or the model cannot be calibrated.
    """
    horizons = training.calibration_windows if windows is None else windows
    require(is_count(horizons), "calibration_windows", "an integer of at least 1 to calibrate again", horizons)
    chosen = dataclasses.replace(training, calibration_windows=horizons)
    return require_calibratable(chosen, spec, LearnerSpec.chosen(chosen, spec).load(spec)[0])


def recalibrated(predictor: Predictor, facts: Facts, panel: Panel, horizons: int) -> tuple[Predictor, Facts]:
    """Return a predictor that is calibrated on the last `horizons` horizons of a panel, and its facts.

    Raises:
        PanelError: the panel is not one of the model's frequency.
        TrainingError: no series goes on long enough after what the weights were fitted to.
    """
    seen = rows_until(panel, facts.seen_until)
    moving = MovingCalibration.of(predictor, panel, seen, horizons, only_last=True)
    calibration = moving.at(panel.lengths)
    return moving.predictor.calibrated(calibration), facts.calibrated(panel, calibration.windows, moving.first)
