"""One model taught on one panel: what `Forecaster.fit` does between the task and the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from forecasting.config import Task, Training
from forecasting.data.panel import Panel
from forecasting.learner_spec import LearnerSpec
from forecasting.model_spec import ModelSpec
from forecasting.network import build_network
from forecasting.predictor import Predictor
from forecasting.targets import require_values
from forecasting.training import _replicas as replicas
from forecasting.training._learned import Learned
from forecasting.training._source import WindowSource


class Fit(NamedTuple):
    """A trained model, and how that went."""

    predictor: Predictor
    learned: Learned


def fit_model(
    spec: ModelSpec,
    task: Task,
    panel: Panel,
    training: Training,
    callbacks: Sequence[Any] = (),
    *,
    checked: Panel | None = None,
    stopped_by: Panel | None = None,
) -> Fit:
    """Build the network of a model and teach it; a learner that finds the model itself (`find`) is left to do so.

    Args:
        spec: the model.
        task: what it forecasts.
        panel: what it learns from.
        training: how.
        callbacks: Keras callbacks.
        checked: all rows whose values must be what task and head take; those of `panel` by default.
        stopped_by: the same series with the rows after `panel`, which say when a training by gradient ends; the last
            ones of `panel` (`Training.validation_windows`) say so by default.

    Raises:
        ConfigError: the learner does not teach this model.
        PanelError: values are outside the bounds, or no counts.
        TrainingError: no window can be cut, or training diverged.
    """
    checked = panel if checked is None else checked
    learner, config = LearnerSpec.chosen(training, spec).load(spec)
    if hasattr(learner, "find"):
        require_values(checked, task, spec.head, spec.head_spec.is_whole)
        found: Fit = learner.find(spec, task, panel, training, callbacks)
        return found
    with replicas.scope(training):
        network = build_network(spec, task, training.seed)
        require_values(checked, task, spec.head, network.head.is_whole)
        source = source_of(panel, task, stopped_by if getattr(learner, "STOPS_EARLY", False) else None)
        network.adapt(source.statics, source.trained_arrays())
        learned = learner.fit(network, source, config, training, callbacks)
    return Fit(Predictor(spec, task, replicas.on_one_device(network, spec)), learned)


def source_of(panel: Panel, task: Task, stopped_by: Panel | None) -> WindowSource:
    """Return the windows of a panel, with the rows after it that say when to stop where any window lies before them."""
    if stopped_by is not None:
        source = WindowSource.of(stopped_by, task, panel.lengths)
        if source.index(panel.lengths).count:
            return source
    return WindowSource.of(panel, task)
