"""Truncated backpropagation through time over streams (Williams & Peng 1990): the state is carried on for ever.

The default learner draws windows and starts each from an empty state. Here every stream walks through its series
from the beginning, chunk by chunk; the state passes from chunk to chunk, the gradient does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tensorflow as tf

from forecasting.config.strict import StrictConfig, is_count, require
from forecasting.config.training import Training
from forecasting.data.windows import WindowIndex
from forecasting.network.single import ForecastNetwork
from forecasting.training.chunks import ChunkLoss, draw_chunks
from forecasting.training.learned import Learned
from forecasting.training.learner import Learner
from forecasting.training.loss_scale import weigher
from forecasting.training.source import WindowSource
from forecasting.training.stepping import stepping_core
from forecasting.training.trainer import SEARCH, WindowTrainer, teach_by_gradient

if TYPE_CHECKING:
    from keras.callbacks import Callback


@dataclass(frozen=True)
class Config(StrictConfig):
    """How far the gradient reaches.

    Attributes:
        chunk: T, tokens after which the gradient is cut.
    """

    chunk: int = 48

    def __post_init__(self) -> None:
        require(is_count(self.chunk, 2), "chunk", "an integer of at least 2", self.chunk)


def fit(
    network: ForecastNetwork,
    source: WindowSource,
    config: Config,
    training: Training,
    callbacks: Sequence[Callback] = (),
) -> Learned:
    """Train a network that predicts the next token on chunks of side-by-side streams, one chunk a step.

    There are as many streams as `batch_size` says, and at most one for each series ("all" is one for each). Validation,
    the kept weights and the refit are those of `teach_by_gradient`. The truth is always fed, whatever the model's
    `forcing`.

    Raises:
        ConfigError: the network carries no state from token to token.
        TrainingError: no window can be cut, or the loss is not finite.
    """
    segment = stepping_core(network, "truncated").tokens.segment
    series = len(source.split(training.validation_windows, network.scaler.needs_scale)[0].first)
    streams = series if isinstance(training.batch_size, str) else min(training.batch_size, series)

    def draw(index: WindowIndex) -> tf.data.Dataset:
        rows = config.chunk * segment
        return draw_chunks(index, streams, rows, segment, source.task.horizon, training.seed)

    objective = ChunkLoss(network, source, config.chunk, streams, weigher(network, training.loss_scale))
    return teach_by_gradient(WindowTrainer(network, source, training, objective), source, draw, callbacks)


LEARNER = Learner(replaces="gradient", is_shareable=False, stops_early=True, fit=fit, config=Config, search=SEARCH)
