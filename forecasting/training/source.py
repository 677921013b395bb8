"""A panel on the device, and which of its windows train and which validate."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from forecasting.config.task import Task
from forecasting.data.panel import Panel
from forecasting.data.splits import validation_ends, validation_origins
from forecasting.data.statics import encode_statics
from forecasting.data.windows import PanelArrays, WindowIndex, any_says_something, layout, window_index
from forecasting.errors import TrainingError
from forecasting.layers.gather import Gather
from forecasting.layers.tensor import Tensor
from forecasting.training import replicas

logger = logging.getLogger("forecasting")


class TrainingWindows(NamedTuple):
    """B windows as a network is taught by them; `training_loss` takes them in this order.

    Attributes:
        context: [B, L] float64.
        known: [B, L + H, F + C].
        target: [B, H] float64.
        statics: [B, K] float32, codes of the static covariates.
    """

    context: Tensor
    known: Tensor
    target: Tensor
    statics: Tensor


@dataclass(frozen=True)
class WindowSource:
    """One copy of a panel on the device, with the arithmetic that finds windows in it.

    Attributes:
        panel: the panel itself.
        task: shapes of the windows.
        arrays: the panel on the host, each series followed by H future rows.
        lengths: [S] rows of each series.
        gather: cuts windows out of the copy on the device.
        statics: [S, K] float32 codes of the static covariates.
        ends: [S] rows of each series that train, where those after them say when to stop; None where the training says
            how many do.
    """

    panel: Panel
    task: Task
    arrays: PanelArrays
    lengths: np.ndarray
    gather: Gather
    statics: np.ndarray
    ends: np.ndarray | None = None

    @classmethod
    def of(cls, panel: Panel, task: Task, ends: np.ndarray | None = None) -> WindowSource:
        """Lay the panel out and copy it to the device."""
        arrays = layout(panel, task.calendar, task.horizon, task.covariate_kinds)
        y, known = tf.constant(arrays.y), tf.constant(arrays.known)
        statics = encode_statics(panel.statics, task.static_covariates, panel.ids)
        gather = Gather(y, known, task.context_length, task.horizon, task.covariate_counts)
        gather.y, gather.known = replicas.resident(gather.y), replicas.resident(gather.known)
        return cls(panel, task, arrays, panel.lengths, gather, statics, ends)

    def windows(self, origins: Tensor, firsts: Tensor) -> TrainingWindows:
        """Return the windows at flat origins [B] of series whose flat first rows are given."""
        found = self.gather(origins, firsts)
        return TrainingWindows(found.context, found.known, found.target, self.statics_at(origins))

    def statics_at(self, rows: Tensor) -> Tensor:
        """Return the static codes [B, K] of the series that flat rows [B] belong to."""
        return tf.gather(self.statics, tf.searchsorted(self.arrays.first, rows, side="right") - 1)

    def trained_arrays(self) -> PanelArrays:
        """Return the layout of the rows that train, on the host."""
        if self.ends is None:
            return self.arrays
        return layout(self.panel.truncate(self.ends), self.task.calendar, self.task.horizon, self.task.covariate_kinds)

    def index(self, ends: np.ndarray | None) -> WindowIndex:
        """Return the index of the windows in the first `ends` [S] rows of each series, in all rows where None."""
        end = None if ends is None else self.arrays.first + ends
        return window_index(self.arrays, self.task.context_length, self.task.horizon, end)

    def all_windows(self) -> WindowIndex:
        """Return the index of every training window.

        Raises:
            TrainingError: no series is long enough for one.
        """
        index = self.index(self.ends)
        if index.count == 0:
            raise TrainingError(
                f"No series is long enough to train on: a window needs at least 2 rows, and the longest of "
                f"{len(self.lengths)} series has {int(self.lengths.max(initial=0))}. Give longer series.",
                code="too_short",
            )
        return index

    def split(self, windows: int, needs_scale: bool = True) -> tuple[WindowIndex, tuple[np.ndarray, np.ndarray] | None]:
        """Split off what lies after `ends`, or the last `windows` horizons of each series; see `validation_ends`.

        Returns the index of the windows before the split, and the flat origins and first rows of the
        validation windows; these are None when the series are too short to spare any, or none of them says anything:
        its targets are missing, or its context is constant and errors are counted by its scale (`needs_scale`).
        """
        task = self.task
        ends = validation_ends(self.lengths, task.horizon, windows) if self.ends is None else self.ends
        origins = validation_origins(self.lengths, ends, task.horizon)
        index, firsts = self.index(ends), self.arrays.first[origins.series]
        rows = firsts + origins.steps
        if len(origins) == 0 or index.count == 0:
            return self.all_windows(), None
        if not any_says_something(self.arrays.y, rows, firsts, task, needs_scale):
            text = "All rows that were to say when to stop are missing, or come after a constant context"
            logger.warning("%s: training takes all its steps.", text)
            return self.all_windows(), None
        return index, (rows, firsts)
