"""The learner of the baselines, which learn nothing."""

from __future__ import annotations

from typing import Any

from forecasting.training._learned import Learned


def fit(network: Any, source: Any, config: Any, training: Any, callbacks: Any = ()) -> Learned:
    """Leave the network as it is."""
    return Learned(seconds=0.0, windows=0)
