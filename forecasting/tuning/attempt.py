"""One trial of a search: fitted and scored like an entry of the leaderboard, and stopped early where it is no use."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, first_line
from forecasting.forecaster import Forecaster
from forecasting.leaderboard import Entry, enter
from forecasting.tuning.candidate import Candidate
from forecasting.tuning.study import METRICS, REASON, SECONDS, SEEN, Study
from forecasting.tuning.terms import Measure

if TYPE_CHECKING:
    import optuna
    from keras.callbacks import Callback

    from forecasting.training.callbacks import Progress


#: Intervals that are scored where a model answers them, in percent.
LEVELS = (80.0, 95.0)


class StopTrial(Exception):  # noqa: N818  (not an error)
    """A trial is not to go on.

    Args:
        state: `pruned`, or `stopped` where the time is up.
        reason: for the table of trials.
    """

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(state, reason)
        self.state, self.reason = state, reason


@dataclass
class Attempt:
    """A trial while it is run, and how it ended.

    Attributes:
        number: Optuna's number.
        candidate: what it is a trial of.
        choices: value of each open choice of the candidate.
        is_default: whether it is the candidate as it was given.
        forecaster: with the choices made; None where they do not go together.
        state: `running`, then as in `Row`.
        score: the metric; None unless complete.
        reason: why it failed or was stopped.
        seconds: wall-clock time.
        entry: its row of a leaderboard, once complete.
    """

    number: int
    candidate: Candidate
    choices: dict[str, Any]
    is_default: bool = False
    forecaster: Forecaster | None = None
    state: str = "running"
    score: float | None = None
    reason: str | None = None
    seconds: float = 0.0
    entry: Entry | None = None

    def make(self) -> None:
        """Make the forecaster; the trial has failed where its choices do not go together."""
        try:
            self.forecaster = self.candidate.with_choices(self.choices)
        except ConfigError as error:
            self.state, self.reason = "failed", str(error)

    def run(self, panel: Panel, measure: Measure, metric: str, callbacks: Sequence[Callback]) -> None:
        """Fit on the data before the first origin and score over all origins; a trial may fail, and others go on."""
        from forecasting.training.failures import FAILURES

        if self.forecaster is None:
            return
        started = time.perf_counter()
        try:
            self.entry = enter(self.forecaster, panel, measure.windows, measure.step, LEVELS, callbacks)
            found = float(self.entry.metrics[metric])
            if math.isfinite(found):
                self.state, self.score = "complete", found
            else:
                self.state, self.reason = "failed", f"`{metric}` is {found}"
        except StopTrial as stop:
            self.state, self.reason = stop.state, stop.reason
        except FAILURES as error:
            self.state, self.reason = "failed", first_line(error)
        finally:
            self.seconds = time.perf_counter() - started

    def end(self, study: Study) -> None:
        """Write down how the trial ended."""
        notes: dict[str, Any] = {SECONDS: self.seconds, REASON: self.reason}
        if self.entry is not None:
            metrics = {name: float(value) for name, value in self.entry.metrics.items()}
            notes[METRICS] = {name: value for name, value in metrics.items() if math.isfinite(value)}
        state = {"complete": "COMPLETE", "pruned": "PRUNED"}.get(self.state, "FAIL")
        study.end(self.number, state, self.score, again=self.state == "stopped", notes=notes)


#: Opened around every trial; gives the Keras callbacks that watch it.
Observer = Callable[[Attempt], AbstractContextManager[Sequence[Any]]]


@contextmanager
def nobody(attempt: Attempt) -> Iterator[Sequence[Any]]:
    """Watch nothing."""
    yield ()


def watch(trial: optuna.Trial, deadline: float, clock: Callable[[], float]) -> list[Any]:
    """Return the Keras callbacks that stop a trial: of the worse half by a tenth of its training, or over its time.

    Trials are compared by `val_mae`, the validation error in original units: losses of two trials are in units of
    windows whose scaling and length they chose. They are compared after the same share of their steps, because the
    rate of each decays over its own.
    """
    from forecasting.training.callbacks import ReportProgress

    reached = 0

    def look(now: Progress) -> None:
        nonlocal reached
        if clock() >= deadline:
            raise StopTrial("stopped", "the time is up")
        tenth = 10 * now.step // now.steps
        if now.is_refit or not now.is_look or tenth <= reached or "val_mae" not in now.metrics:
            return
        reached = tenth
        trial.report(now.metrics["val_mae"], tenth)
        trial.set_user_attr(SEEN, time.time())
        if trial.should_prune():
            raise StopTrial("pruned", f"in the worse half after {tenth} tenths of its steps")

    return [ReportProgress(look)]
