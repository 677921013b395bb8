"""What is recorded about a training, for the artifact and whoever serves it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from forecasting.data.panel import Panel


@dataclass(frozen=True)
class Facts:
    """What is recorded about a training.

    Attributes:
        training_end: the last time step of the training data, ISO 8601 or an integer.
        fingerprint: sha256 of the training data.
        series: number of series.
        rows: number of rows.
        seconds: wall-clock time of the training.
        windows: windows that could be drawn.
        steps: gradient steps behind the weights.
        training: the `Training` fields.
        created: ISO 8601, UTC.
        calibration_windows: windows n behind the calibration; 0 where there is none.
        calibration_start: the first time step held out of training for it, in any series.
        weights_end: the last time step that the weights were fitted to, in any series; `training_end` where it is not
            recorded.
    """

    training_end: str | int
    fingerprint: str
    series: int
    rows: int
    seconds: float
    windows: int
    steps: int
    training: dict[str, Any]
    created: str
    calibration_windows: int = 0
    calibration_start: str | int | None = None
    weights_end: str | int | None = None

    @property
    def seen_until(self) -> str | int:
        """The last time step that the weights may have seen, in any series."""
        return self.training_end if self.weights_end is None else self.weights_end

    def calibrated(self, panel: Panel, windows: int, start: str | int) -> Self:
        """Return the facts of the model after it was calibrated again.

        Args:
            panel: the data it was calibrated on.
            windows: windows n behind the calibration.
            start: the first time step of these.
        """
        end = max(self.training_end, panel.end_label, key=panel.parse_label)
        return dataclasses.replace(
            self, training_end=end, calibration_windows=windows, calibration_start=start, weights_end=self.seen_until
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from `vars(facts)`."""
        return cls(**values)
