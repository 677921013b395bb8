"""The watch over a training: how far it is, and what it has reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.jobs.threads import keep_operations_in_one_thread
from pipelines.terminal.progress import Work, progress

if TYPE_CHECKING:
    from forecasting.training.callbacks import Progress, ReportProgress

#: Of the metrics of a training, those that are said.
SAID = ("loss", "val_mae")


@contextmanager
def watched(label: str) -> Iterator[TrainingWatch]:
    """Show a training, or several one after the other, as a bar on a terminal or lines in a log.

    Args:
        label: what is trained.
    """
    keep_operations_in_one_thread()
    with progress(label) as work:
        yield TrainingWatch(work)


class TrainingWatch:
    """Shows how far a training is.

    Args:
        work: where that is shown.

    Attributes:
        callbacks: Keras callbacks that feed it.
        reached: the latest value of each metric that is said.
    """

    def __init__(self, work: Work) -> None:
        from forecasting.training.callbacks import ReportProgress

        self.work = work
        self.callbacks: list[ReportProgress] = [ReportProgress(self.report)]
        self.reached: dict[str, float] = {}

    def report(self, now: Progress) -> None:
        """Show the steps of a training and what it has reached."""
        self.reached |= {name: value for name, value in now.metrics.items() if name in SAID}
        self.work.result = numbers_text(self.reached)
        self.work.advance(now.step, now.steps, f"refit, {self.work.result}" if now.is_refit else self.work.result)

    def ended(self, result: str) -> None:
        """Say what has come of the training, before the metrics it has reached."""
        self.work.result = ", ".join([result, *([numbers_text(self.reached)] if self.reached else [])])


def numbers_text(numbers: dict[str, float]) -> str:
    """Return names and numbers in one line."""
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
