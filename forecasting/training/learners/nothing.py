"""The learner of the baselines, which learn nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecasting.config.training import Training
from forecasting.network.build import Network
from forecasting.training.learned import Learned
from forecasting.training.learner import Learner
from forecasting.training.source import WindowSource

if TYPE_CHECKING:
    from keras.callbacks import Callback


def fit(
    network: Network, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Callback] = ()
) -> Learned:
    """Leave the network as it is."""
    return Learned(seconds=0.0, windows=0)


LEARNER = Learner(replaces=None, is_shareable=False, stops_early=False, fit=fit)
