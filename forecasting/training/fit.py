"""One model taught on one panel: what a fit does between the task and the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecasting.config.task import Task
from forecasting.data.panel import Panel
from forecasting.data.values import require_values
from forecasting.network.build import build_network
from forecasting.prediction.predictor import Predictor
from forecasting.training import replicas
from forecasting.training.learned import Fit
from forecasting.training.learner import Teaching
from forecasting.training.source import WindowSource

if TYPE_CHECKING:
    from keras.callbacks import Callback


def fit_model(
    teaching: Teaching,
    task: Task,
    panel: Panel,
    callbacks: Sequence[Callback] = (),
    *,
    checked: Panel | None = None,
    stopped_by: Panel | None = None,
) -> Fit:
    """Build the network of a model and teach it; a learner that finds the model itself is left to do so.

    Args:
        teaching: the model and how it is taught.
        task: what it forecasts.
        panel: what it learns from.
        callbacks: Keras callbacks.
        checked: all rows whose values must be what task and head take; those of `panel` by default.
        stopped_by: the same series with the rows after `panel`, which say when a training by gradient ends; the last
            ones of `panel` (`Training.validation_windows`) say so by default.

    Raises:
        ConfigError: the learner cannot teach such a network.
        PanelError: values are outside the bounds, or no counts.
        TrainingError: no window can be cut, or training diverged.
    """
    spec, training, learner = teaching.spec, teaching.training, teaching.learner
    require_values(panel if checked is None else checked, task, spec.head, spec.head_spec.traits.is_whole)
    if learner.find is not None:
        return learner.find(spec, task, panel, training, callbacks)
    with replicas.scope(training):
        network = build_network(spec, task, training.seed)
        source = source_of(panel, task, stopped_by if learner.stops_early else None)
        network.adapt(source.statics, source.trained_arrays())
        learned = teaching.fit(network, source, callbacks)
    return Fit(Predictor(spec, task, replicas.on_one_device(network, spec)), learned)


def source_of(panel: Panel, task: Task, stopped_by: Panel | None) -> WindowSource:
    """Return the windows of a panel, with the rows after it that say when to stop where any window lies before them."""
    if stopped_by is not None:
        source = WindowSource.of(stopped_by, task, panel.lengths)
        if source.index(panel.lengths).count:
            return source
    return WindowSource.of(panel, task)
