"""Several models on the same data: each is fitted and scored, and one that cannot be does not stop the others."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forecasting.errors import first_line
from forecasting.evaluation.metrics import ranking_metric
from pipelines.jobs.watch import watched
from pipelines.terminal.console import say

if TYPE_CHECKING:
    from forecasting.data.panel import Panel
    from forecasting.forecaster import Forecaster
    from forecasting.leaderboard import Entry
    from pipelines.options.requests import TaskRequest

#: Intervals that are scored and drawn, in percent, where the model answers them.
LEVELS = (80.0, 95.0)


@dataclass(frozen=True)
class Contest:
    """What came of several models on the same data.

    Attributes:
        entries: the leaderboard, the best first.
        left_out: why a model is not in it, by its name.
    """

    entries: list[Entry] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def winner(self) -> Entry | None:
        """The best model; None where none was scored."""
        return self.entries[0] if self.entries else None

    def records(self) -> list[dict[str, Any]]:
        """Return the leaderboard for machines, with all metrics."""
        from forecasting.leaderboard import to_frame

        return [{str(name): value for name, value in row.items()} for row in to_frame(self.entries).to_dict("records")]


def hold_contest(candidates: Sequence[Forecaster], enter: Callable[[Forecaster], Entry]) -> Contest:
    """Score models and rank them; of several, one that cannot be scored is left out, and says why.

    Args:
        candidates: unfitted.
        enter: fits one and scores it.

    Raises:
        Exception: the last, where no model can be scored.
    """
    from forecasting.leaderboard import rank
    from forecasting.training.failures import FAILURES

    entries: list[Entry] = []
    left_out: dict[str, str] = {}
    for number, candidate in enumerate(candidates, 1):
        try:
            entries.append(enter(candidate))
        except FAILURES as error:
            if number == len(candidates) and not entries:
                raise
            left_out[candidate.spec.alias] = first_line(error)
            say(f"{candidate.spec.alias} is left out: {first_line(error)}")
            gc.collect()  # the memory that it took is for the next one
    return Contest(rank(entries), left_out)


def score(forecaster: Forecaster, panel: Panel, task: TaskRequest) -> Entry:
    """Fit one forecaster on the data before the first origin and score it over all origins."""
    from forecasting.leaderboard import enter

    with watched(forecaster.spec.alias) as watch:
        entry = enter(forecaster, panel, task.windows, task.step, LEVELS, watch.callbacks)
        watch.ended(f"{ranking_metric(entry.metrics)} {entry.score:.4g}")
    return entry
