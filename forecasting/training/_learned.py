"""What every learner returns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Learned:
    """Facts about one training.

    Attributes:
        seconds: wall-clock time.
        windows: number of windows that could be drawn.
        steps: gradient steps behind the final weights; 0 for closed forms.
        history: one row per look at the validation windows: step, loss, val_loss, val_mae (original units).
        notes: how it ran (device, kernel, refit ...), for the tracking run.
    """

    seconds: float
    windows: int
    steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
