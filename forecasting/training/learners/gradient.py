"""Gradient descent (backpropagation through time) on windows that are gathered inside the compiled step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from forecasting.config.training import Training
from forecasting.data.windows import WindowIndex
from forecasting.network.single import ForecastNetwork
from forecasting.training import replicas
from forecasting.training.batches import batch_size, draw_batches
from forecasting.training.learned import Learned
from forecasting.training.learner import Learner
from forecasting.training.source import WindowSource
from forecasting.training.trainer import SEARCH, WindowTrainer, teach_by_gradient

if TYPE_CHECKING:
    from keras.callbacks import Callback


def fit(
    network: ForecastNetwork, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Callback] = ()
) -> Learned:
    """Train by gradient on windows drawn at random; see `teach_by_gradient`."""

    def draw(index: WindowIndex) -> tf.data.Dataset:
        replicas.require_windows_for_all(batch_size(index, training))
        return draw_batches(index, training, source.task.context_length)

    return teach_by_gradient(WindowTrainer(network, source, training), source, draw, callbacks)


LEARNER = Learner(replaces=None, is_shareable=True, stops_early=True, fit=fit, search=SEARCH)
