"""Hyperparameter search: trials are scored by the rolling-origin backtest of the leaderboard, and kept in a study."""

from __future__ import annotations

import gc
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.config.space import OneOf, Space
from forecasting.config.strict import require
from forecasting.data.panel import Panel
from forecasting.errors import TrainingError, first_line
from forecasting.evaluation.backtest import rolling_to_learn
from forecasting.forecaster import Forecaster
from forecasting.tuning.attempt import Attempt, Observer, nobody, watch
from forecasting.tuning.candidate import Candidate
from forecasting.tuning.study import DEFAULTS, REASON, Row, Study, default_storage, storage_errors
from forecasting.tuning.terms import Limits, Measure, Place, asked_of, metric_of, require_open

if TYPE_CHECKING:
    import optuna
    import pandas as pd


#: Metrics of which more is better.
RISING = ("accuracy",)

#: The choice among several candidates.
WHICH = "model"


@dataclass(frozen=True)
class Tuned:
    """What a search has found.

    Attributes:
        study: name of the study.
        storage: its database.
        metric: what ranks.
        best: the best trial.
        defaults: the best of the trials of the candidates as they were given; None where none is complete.
        forecaster: unfitted, with the choices of the best trial.
        candidate: of which it was made.
        rows: all trials.
        importances: how much each choice mattered, the most first; empty after few trials.
    """

    study: str
    storage: str
    metric: str
    best: Row
    defaults: Row | None
    forecaster: Forecaster
    candidate: Candidate
    rows: list[Row]
    importances: dict[str, float]


@dataclass
class Search:
    """A search over the open choices of candidates; made by `open`.

    Attributes:
        panel: the data that trials see.
        candidates: by the name under which they are chosen.
        measure: what trials are measured by.
        metric: the name of the metric.
        study: where they are kept.
        spaces: space of each open choice of each candidate.
    """

    panel: Panel
    candidates: dict[str, Candidate]
    measure: Measure
    metric: str
    study: Study
    spaces: dict[str, dict[str, Space]]

    @classmethod
    def open(
        cls,
        panel: Panel,
        candidates: Sequence[Candidate],
        measure: Measure = Measure(),  # noqa: B008  (frozen, as the others)
        place: Place = Place(),  # noqa: B008
    ) -> Search:
        """Open the study of a search, begun by a former call or now.

        Raises:
            ConfigError: there is nothing to choose, the metric does not fit, or the study searches something else.
            PanelError: no series is long enough to backtest.
            ForecastingError: the database does not answer.
        """
        horizon = candidates[0].forecaster.horizon
        same = all(one.forecaster.horizon == horizon for one in candidates)
        require(same, "horizon", "the same for all models", [one.forecaster.horizon for one in candidates])
        if measure.hold_out:
            panel = panel.truncate(np.maximum(panel.lengths - measure.hold_out * horizon, 0))
        named = {candidate.spec.alias: candidate for candidate in candidates}
        require(len(named) == len(candidates), "model", "models of different aliases", [*named])
        metric = metric_of(measure, candidates)
        before = panel.known_at(rolling_to_learn(panel, horizon, measure.windows, measure.step))
        spaces = {name: candidate.spaces(before) for name, candidate in named.items()}
        require_open(spaces)
        asked = asked_of(panel, named, measure, metric, spaces)
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        name = place.name or f"{'-'.join(dict.fromkeys(one.spec.model for one in candidates))}-{digest[:12]}"
        study = Study.open(name, place.storage or default_storage(), asked, metric in RISING)
        search = cls(panel, named, measure, metric, study, spaces)
        with storage_errors(study.storage):
            study.recover()
            study.enqueue_defaults([search.defaults(one, before) for one in named])
        return search

    def run(self, limits: Limits = Limits(), observe: Observer = nobody) -> None:  # noqa: B008
        """Run trials until a limit is reached; an interrupt ends the trial that runs, and puts it back.

        Args:
            limits: when to end.
            observe: watches every trial.

        Raises:
            ConfigError: fewer trials are allowed than there are candidates, each of which is tried as it was given.
        """
        least = len(self.candidates)
        require(limits.trials >= least, "trials", f"at least {least}, one for each model as given", limits.trials)
        deadline = math.inf if limits.seconds is None else limits.clock() + limits.seconds
        ran = False
        with storage_errors(self.study.storage):
            while self.study.finished < limits.trials and not (ran and limits.clock() >= deadline):
                self.attempt(deadline, limits.clock, observe)
                gc.collect()  # networks and their graphs hold each other
                ran = True

    def attempt(self, deadline: float, clock: Callable[[], float], observe: Observer) -> None:
        """Run the next trial."""
        trial = self.study.ask()
        try:
            attempt = self.chosen(trial)
            with observe(attempt) as callbacks:
                attempt.run(self.panel, self.measure, self.metric, [*callbacks, *watch(trial, deadline, clock)])
                attempt.end(self.study)
        except BaseException as error:
            again = not isinstance(error, Exception)  # an interrupt, which says nothing about the trial
            reason = "interrupted" if again else first_line(error)
            self.study.end(trial.number, "FAIL", again=again, notes={REASON: reason})
            raise

    def chosen(self, trial: optuna.Trial) -> Attempt:
        """Let a trial choose a candidate and a value for each of its open choices."""
        several = len(self.candidates) > 1
        which = OneOf(tuple(self.candidates)).suggest(trial, WHICH) if several else next(iter(self.candidates))
        spaces = self.spaces[which].items()
        values = {name: space.suggest(trial, self.qualified(which, name)) for name, space in spaces}
        attempt = Attempt(trial.number, self.candidates[which], values, bool(trial.user_attrs.get(DEFAULTS)))
        attempt.make()
        return attempt

    def qualified(self, which: str, name: str) -> str:
        """Return the study's name of a choice: with its candidate in front, where there are several."""
        return name if len(self.candidates) == 1 else f"{which}/{name}"

    def defaults(self, which: str, panel: Panel) -> dict[str, Any]:
        """Return what a trial chooses that is a candidate as it was given."""
        candidate = self.candidates[which]
        values = candidate.defaults(candidate.choices.task_for(panel))
        chosen = {self.qualified(which, name): values[name] for name in self.spaces[which]}
        return chosen if len(self.candidates) == 1 else {WHICH: which, **chosen}

    def best(self, rows: Sequence[Row]) -> Row | None:
        """Return the best complete trial, the first one of equals; None where there is none."""
        complete = [row for row in rows if row.score is not None]
        sign = -1 if self.metric in RISING else 1
        return min(complete, key=lambda row: (sign * (row.score or 0.0), row.number), default=None)

    def found(self) -> Tuned:
        """Return what was found so far.

        Raises:
            TrainingError: no trial is complete; the message has the reason of the last one.
        """
        with storage_errors(self.study.storage):
            rows, importances = self.study.rows(), self.study.importances()
        best = self.best(rows)
        if best is None:
            reason = next((row.reason for row in reversed(rows) if row.reason), "none was begun")
            text = f"No trial of study {self.study.name!r} is complete: {reason.rstrip('.')}."
            raise TrainingError(f"{text} Fix: give more time, or choices that work.", code="no_trial")
        which, values = self.choices_of(best)
        candidate = self.candidates[which]
        return Tuned(
            self.study.name,
            self.study.storage,
            self.metric,
            best,
            self.best([row for row in rows if row.is_default]),
            candidate.with_choices(values),
            candidate,
            rows,
            importances,
        )

    def choices_of(self, row: Row) -> tuple[str, dict[str, Any]]:
        """Return the name of a trial's candidate, and its choices by their own names."""
        which = row.choices.get(WHICH, next(iter(self.candidates)))
        return which, {name: row.choices[self.qualified(which, name)] for name in self.spaces[which]}


def tune(
    frame: pd.DataFrame,
    candidates: Sequence[Candidate | Forecaster],
    measure: Measure = Measure(),  # noqa: B008  (frozen, as the others)
    limits: Limits = Limits(),  # noqa: B008
    place: Place = Place(),  # noqa: B008
    observe: Observer = nobody,
) -> Tuned:
    """Search the open choices of forecasters: those at their defaults that a space is declared for.

    Each is first tried as it was given, so the best trial is never worse than that by the metric. A search that was
    stopped goes on when it is called again with the same arguments.

    Args:
        frame: the long frame. Rows that are to stay unseen are left out of it, or held out by `measure`.
        candidates: forecasters, unfitted, with different aliases; of a `Candidate` more may be fixed.
        measure: what trials are measured by.
        limits: when to end.
        place: where the study is kept.
        observe: watches every trial.

    Returns:
        What was found; `Tuned.forecaster` is to be fitted.

    Raises:
        ConfigError: a choice means nothing, there is nothing to choose, or the study searches something else.
        PanelError: the frame cannot become a panel, or no series is long enough to backtest.
        TrainingError: no trial is complete.
    """
    chosen = [one if isinstance(one, Candidate) else Candidate(one) for one in candidates]
    require(bool(chosen), "candidates", "at least one forecaster", chosen)
    search = Search.open(chosen[0].forecaster.panel(frame), chosen, measure, place)
    search.run(limits, observe)
    return search.found()
