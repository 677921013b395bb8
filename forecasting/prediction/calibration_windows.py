"""Calibrating a predictor: its errors in windows that its weights never saw, at training or on rows that came later.

Errors of a time series are not exchangeable: what held in the rows that were kept apart at training may not hold a
year later. The window of `calibration_windows` horizons therefore moves along with the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.splits import validation_origins
from forecasting.errors import TrainingError
from forecasting.prediction.calibration import MOST_WINDOWS, Calibration, ContextScale, Sides, anchor_levels
from forecasting.prediction.predictor import Predictor
from forecasting.prediction.question import Question

#: Of many series so many are scored at least. Series are left out before windows are: a span of few windows would have
#: none left.
FEWEST_SERIES = 50


@dataclass(frozen=True, eq=False)
class CalibrationErrors:
    """How far a model was off in windows that its weights never saw.

    Attributes:
        origins: of the W windows.
        ratios: [W, H] signed errors in units of the window's scale, NaN where nothing was observed.
        spare_scale: see `Calibration`.
    """

    origins: Origins
    ratios: NDArray[np.float64]
    spare_scale: float

    @classmethod
    def of(cls, predictor: Predictor, panel: Panel, origins: Origins, spare: float) -> Self:
        """Score windows.

        Args:
            predictor: not calibrated.
            panel: the data.
            origins: of the windows.
            spare: see `Calibration`.
        """
        task = predictor.task
        question = Question(task.horizon, quantile_levels=anchor_levels(task.quantile_levels))
        answer = predictor.predict_panel(panel, question, origins)
        by, ratios = ContextScale(task.season[0], spare), np.empty_like(answer.median)
        for start in range(0, len(origins), predictor.chunk):  # all contexts at once would fill the memory
            rows = slice(start, start + predictor.chunk)
            contexts = panel.contexts(origins[rows], task.context_length)
            sides = Sides.of(answer.median[rows], answer.quantiles[rows], contexts, by)
            targets = panel.contexts(origins[rows].later(task.horizon), task.horizon)
            ratios[rows] = sides.ratios(targets - answer.median[rows])
        return cls(origins, ratios, spare)

    def between(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Calibration:
        """Calibrate on the windows whose targets lie in rows `starts` to `ends` [S] of their series, the end left out.

        Raises:
            TrainingError: a step of the horizon was observed in none of them.
        """
        series, steps = self.origins.series, self.origins.steps
        is_inside = (steps + 1 >= starts[series]) & (steps + self.ratios.shape[1] < ends[series])
        return Calibration.of(self.ratios[is_inside], self.spare_scale)


def calibrate(predictor: Predictor, panel: Panel, ends: NDArray[np.int64]) -> Calibration:
    """Calibrate a predictor on the windows whose targets lie after the split.

    Args:
        predictor: not calibrated, trained on rows before the split only.
        panel: the data, with the rows after the split.
        ends: [S] rows before the split; all rows of a series that is not split.

    Raises:
        TrainingError: there is nothing to calibrate on.
    """
    horizon = predictor.task.horizon
    origins = validation_origins(panel.lengths, ends, horizon, MOST_WINDOWS)
    if len(origins) == 0:
        raise TrainingError(
            f"Nothing can be calibrated on: no series has the rows to spare. The longest of {panel.n_series} has "
            f"{int(panel.lengths.max(initial=0))}, of which at least half, and more than the horizon {horizon}, "
            "must be left. Fix: lower `calibration_windows`, or give longer series.",
            code="no_calibration",
            field="calibration_windows",
        )
    spare = spare_scale(panel.truncate(ends), predictor.task.season[0])
    return CalibrationErrors.of(predictor, panel, origins, spare).between(ends, panel.lengths)


def spare_scale(panel: Panel, period: int) -> float:
    """Return the median over series of the mean absolute seasonal difference, of those that have one; 1 without any."""
    parts = [part[period:] - part[:-period] for part in np.split(panel.y, panel.offsets[1:-1])]
    means = np.array([np.abs(part[~np.isnan(part)]).mean() for part in parts if (~np.isnan(part)).any()])
    usable = means[(means > 0) & np.isfinite(means)]
    return float(np.median(usable)) if len(usable) else 1.0


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
        bare, rows = predictor.calibrated(None), windows * predictor.task.horizon
        origins = unseen_origins(panel, seen, predictor.task.horizon, rows)
        if only_last:
            origins = origins[origins.steps + 1 >= np.maximum(seen, panel.lengths - rows)[origins.series]]
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
        times = self.panel.frequency.times(self.panel.starts, starts)
        return self.panel.label(times[starts < self.panel.lengths].min())

    def predictor_at(self, ends: NDArray[np.int64]) -> Predictor:
        """Return the predictor as it is calibrated when row `ends` - 1 of each series is the last one known."""
        return self.predictor.calibrated(self.at(ends))


def unseen_origins(panel: Panel, seen: NDArray[np.int64], horizon: int, rows: int) -> Origins:
    """Return the origins of windows whose targets come after the rows that the weights may have seen.

    Args:
        panel: the data.
        seen: [S] rows of each series that the weights may have seen.
        horizon: H.
        rows: rows that calibrate, of each series.

    Raises:
        TrainingError: there are none.
    """
    spans = max(1, math.ceil(int((panel.lengths - seen).max(initial=0)) / rows))
    inside = rows - horizon + 1  # windows of a series whose targets lie in what calibrates
    is_scored = spread(panel.lengths - seen >= horizon, max(MOST_WINDOWS // inside, FEWEST_SERIES))
    starts = np.where(is_scored, np.maximum(seen, 1), panel.lengths)
    origins = validation_origins(panel.lengths, starts, horizon, spans * MOST_WINDOWS * rows // inside)
    if len(origins) == 0:
        raise TrainingError(
            "Nothing can be calibrated on: no series goes on for a horizon after the rows that the model was "
            f"fitted to. The longest has {int((panel.lengths - seen).max(initial=0))} rows more, the horizon is "
            f"{horizon}. Fix: give the rows that came since, or train with `calibration_windows`.",
            code="no_calibration",
            field="calibration_windows",
        )
    return origins


def spread(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return the mask [S] with at most `most` of its true places left, evenly chosen."""
    places = np.flatnonzero(mask)
    count = min(most, len(places))
    kept = np.zeros_like(mask)
    kept[places[np.arange(count) * len(places) // max(count, 1)]] = True
    return kept
