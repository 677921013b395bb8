"""The learner of `ar`: its kernel is solved in closed form."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.training import Training
from forecasting.errors import TrainingError
from forecasting.network.single import ForecastNetwork
from forecasting.training.learned import Learned
from forecasting.training.learner import Learner
from forecasting.training.ridge import WindowSums
from forecasting.training.source import WindowSource

if TYPE_CHECKING:
    from keras.callbacks import Callback


def fit(
    network: ForecastNetwork, source: WindowSource, config: Any, training: Training, callbacks: Sequence[Callback] = ()
) -> Learned:
    """Solve the kernel of a `LinearAutoregression` core.

    A window with missing targets counts for the steps that were observed; missing lags are 0, the
    reference value of the window's scaling.

    Raises:
        TrainingError: a step of the horizon was never observed in any window.
    """
    started = time.perf_counter()
    index = source.all_windows()
    sums = WindowSums(network, network.core, source).over(index)
    if not sums.counts.all():
        raise TrainingError(
            f"Step {int(np.argmin(sums.counts)) + 1} of the horizon is missing in every window whose context varies, "
            "so `ar` cannot learn it. Give more observed values, or `naive` where the series are constant.",
            code="all_missing",
        )
    network.core.kernel.assign(sums.kernel(config.ridge))
    return Learned(seconds=time.perf_counter() - started, windows=index.count)


LEARNER = Learner(replaces=None, is_shareable=False, stops_early=False, fit=fit)
