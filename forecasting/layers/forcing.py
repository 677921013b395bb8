"""How often a decoder is fed the truth instead of its own output while it is trained (Bengio et al. 2015)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from forecasting.layers.tensor import Tensor

#: Name -> probability of feeding the truth, given the progress of the training from 0 to 1.
SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "free": lambda progress: 0.0 * progress,
    "teacher": lambda progress: 1.0 + 0.0 * progress,
    "linear": lambda progress: 1.0 - progress,
    "exponential": lambda progress: 0.01**progress,
    "sigmoid": lambda progress: 1.0 / (1.0 + math.e ** (12.0 * (progress - 0.5))),
}


def is_forcing(value: object) -> bool:
    """Whether `value` is the name of a schedule, or a constant probability."""
    if isinstance(value, str):
        return value in SCHEDULES
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def share_of_truth(forcing: str | float, progress: Tensor) -> Tensor:
    """Return the probability of feeding the truth at a point of the training."""
    return SCHEDULES[forcing](progress) if isinstance(forcing, str) else forcing + 0.0 * progress
