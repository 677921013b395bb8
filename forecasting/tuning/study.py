"""A search kept in a database by Optuna: opened again by its name, cleared of trials whose process is gone."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.errors import ConfigError, ForecastingError, first_line, without_password
from forecasting.store.home import home

if TYPE_CHECKING:
    import optuna

#: Trials that must be complete before one may be stopped early, and the tenth of its training from which it may be.
FULL_TRIALS, FULL_TENTHS = 4, 2

#: Complete trials from which it is said which choices mattered, and the share of the best ones that say it.
TELLING_TRIALS, BEST_SHARE = 10, 0.25

#: Seconds without a sign of life after which a trial on another machine counts as gone.
SILENCE = 3600

#: Seconds that another process is given to finish making the tables of a database.
MOMENT = 1.0

#: Attributes of a trial.
OWNER, SEEN, REASON, AGAIN, DEFAULTS, KILLS, SECONDS, METRICS = (
    "owner", "seen", "reason", "again", "defaults", "kills", "seconds", "metrics",
)  # fmt: skip
#: Attribute of a study: what was asked.
ASKED = "asked"


def default_storage() -> str:
    """Return the address of the database that is used where none is given."""
    return f"sqlite:///{home() / 'tuning.db'}"


@contextmanager
def storage_errors(storage: str) -> Iterator[None]:
    """Turn errors of a database that does not answer into a `ForecastingError` with the code `storage_unavailable`."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        where, reason = without_password(storage), first_line(error.__cause__ or error)
        text = f"The database of the study, {where}, does not answer: {reason} Fix: check that it runs."
        raise ForecastingError(text, code="storage_unavailable") from error


def connect(storage: str) -> optuna.storages.RDBStorage:
    """Return Optuna's access to a database, its tables made where there are none.

    Raises:
        ConfigError: the text is no SQLAlchemy URL, or the driver of such a database is not installed.
    """
    import optuna
    from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, ProgrammingError
    from sqlalchemy.pool import NullPool

    # A server is asked a few times in a trial, which may take hours: no connection is held meanwhile.
    is_file = storage.startswith("sqlite:")
    options: dict[str, Any] = {"connect_args": {"timeout": 30}} if is_file else {"poolclass": NullPool}
    try:
        with suppress(IntegrityError, ProgrammingError):
            return optuna.storages.RDBStorage(storage, engine_kwargs=options)
        # Another process makes the tables of an empty database in this moment; the second time they are there.
        time.sleep(MOMENT)
        return optuna.storages.RDBStorage(storage, engine_kwargs=options)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        where, reason = without_password(storage), first_line(error)
        text = f"{where} is no database that can be opened: {reason} Fix: give a SQLAlchemy URL."
        raise ConfigError(text, code="storage", field="storage") from error


@dataclass(frozen=True)
class Row:
    """One trial that was run.

    Attributes:
        number: Optuna's number of it.
        state: `complete`, `pruned` (stopped early as one of the worse half), `failed`, `stopped` (put back, to be run
            again) or `running` (by another process).
        score: the metric; None unless complete.
        seconds: wall-clock time.
        choices: value of each open choice.
        is_default: whether it is a candidate as it was given.
        reason: why it failed or was stopped.
        metrics: all metrics of a complete trial.
    """

    number: int
    state: str
    score: float | None
    seconds: float | None
    choices: dict[str, Any]
    is_default: bool
    reason: str | None
    metrics: dict[str, float]


class Study:
    """An Optuna study of ours; made by `open`.

    Args:
        inner: Optuna's study.
        kept: its database.
        seed: with the number of a trial, seeds what the trial chooses.
    """

    def __init__(self, inner: optuna.Study, kept: optuna.storages.RDBStorage, seed: int) -> None:
        self.inner = inner
        self.kept = kept
        self.storage = kept.url
        self.seed = seed

    @classmethod
    def open(cls, name: str, storage: str, asked: Mapping[str, Any], maximise: bool = False) -> Study:
        """Open a study, made when there is none of this name.

        Args:
            name: its name.
            storage: SQLAlchemy URL.
            asked: what is searched on which data, for JSON; the same for every call. Holds the `seed`.
            maximise: whether more is better.

        Raises:
            ConfigError: the study was made for something else, or the URL is none.
            ForecastingError: the database does not answer (`storage_unavailable`).
        """
        import optuna

        with storage_errors(storage):
            kept = connect(storage)
            inner = optuna.create_study(
                storage=kept,
                study_name=name,
                direction="maximize" if maximise else "minimize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=FULL_TRIALS, n_warmup_steps=FULL_TENTHS),
                load_if_exists=True,
            )
            study = cls(inner, kept, asked["seed"])
            study.require_same(asked)
        return study

    def require_same(self, asked: Mapping[str, Any]) -> None:
        """Note what is asked in a new study; in one that is there already, check that it is the same.

        Raises:
            ConfigError: it is not; the message names the first difference.
        """
        former = self.inner.user_attrs.get(ASKED)
        if former is None:
            if self.inner.get_trials(deepcopy=False):
                text = f"Study {self.name!r} was not made by this program. Fix: choose another name."
                raise ConfigError(text, code="study_differs", field="study")
            self.inner.set_user_attr(ASKED, dict(asked))
            return
        different = [key for key in {**former, **asked} if former.get(key) != asked.get(key)]
        if different:
            key = different[0]
            raise ConfigError(
                f"Study {self.name!r} in {without_password(self.storage)} searches something else: its {key} is "
                f"{former.get(key)!r}. Got {asked.get(key)!r}. Fix: choose another name for this study.",
                code="study_differs",
                field="study",
            )

    @property
    def name(self) -> str:
        """Its name."""
        return self.inner.study_name

    def note(self, name: str, value: Any) -> None:
        """Keep something with the study."""
        with storage_errors(self.storage):
            self.inner.set_user_attr(name, value)

    def noted(self, name: str) -> Any:
        """Return what was kept; None where nothing was."""
        return self.inner.user_attrs.get(name)

    def recover(self) -> list[int]:
        """Put trials back that were running in a process that is gone; return their numbers.

        A trial whose process was killed a second time is not tried a third time: it may be what kills it.
        """
        gone = [trial for trial in self.trials() if trial.state.name == "RUNNING" and is_gone(trial)]
        for trial in gone:
            kills = trial.user_attrs.get(KILLS, 0) + 1
            notes = {REASON: "its process was killed", KILLS: kills}
            self.end(trial.number, "FAIL", again=kills < 2, notes=notes)
        return [trial.number for trial in gone]

    def enqueue_defaults(self, defaults: Sequence[Mapping[str, Any]]) -> None:
        """Make sure that each candidate as it was given is tried, before anything else."""
        tried = [shape(trial) for trial in self.trials() if trial.user_attrs.get(DEFAULTS)]
        for choices in defaults:
            if dict(choices) not in tried:
                self.inner.enqueue_trial(dict(choices), user_attrs={DEFAULTS: True})

    def ask(self) -> optuna.Trial:
        """Return the next trial: one that waits, or a new one.

        What it chooses depends on the seed, its number and the trials before, not on how often the search was stopped.
        """
        import optuna

        number = len(self.trials())
        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
        self.inner.sampler = optuna.samplers.TPESampler(seed=seed)
        trial = self.inner.ask()
        trial.set_user_attr(OWNER, owner())
        return trial

    def end(
        self, number: int, state: str, score: float | None = None, *, again: bool = False, notes: Mapping[str, Any]
    ) -> None:
        """End a trial that has not ended yet.

        Args:
            number: which one.
            state: Optuna's name of the state.
            score: the metric, of a complete one.
            again: whether the same choices are put back, to be tried again.
            notes: attributes that are kept with it.
        """
        from optuna.trial import TrialState

        trial = self.trials()[number]
        if trial.state.is_finished():
            return
        key = self.kept.get_trial_id_from_study_id_trial_number(self.kept.get_study_id_from_name(self.name), number)
        for name, value in {AGAIN: again, **notes}.items():
            self.kept.set_trial_user_attr(key, name, value)
        self.inner.tell(number, score, state=TrialState[state])
        if again:
            attributes = {name: trial.user_attrs[name] for name in (DEFAULTS, KILLS) if name in trial.user_attrs}
            attributes |= {KILLS: notes[KILLS]} if KILLS in notes else {}
            self.inner.enqueue_trial(shape(trial), user_attrs=attributes)

    def trials(self) -> list[optuna.trial.FrozenTrial]:
        """Return all trials, the waiting ones too."""
        return self.inner.get_trials(deepcopy=False)

    @property
    def finished(self) -> int:
        """How many trials have ended and are not to be tried again."""
        return sum(trial.state.is_finished() and not trial.user_attrs.get(AGAIN) for trial in self.trials())

    def rows(self) -> list[Row]:
        """Return every trial that was begun."""
        return [row_of(trial) for trial in self.trials() if trial.state.name != "WAITING"]

    def importances(self) -> dict[str, float]:
        """Return how much each choice mattered for being among the better trials, the most first; sums to 1.

        Parzen estimators of the better trials against all (PED-ANOVA; Watanabe, Bansal & Hutter 2023), as Optuna has
        them. Empty where too few trials are complete to tell.
        """
        import optuna

        complete = self.inner.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        if len(complete) < TELLING_TRIALS:
            return {}
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=BEST_SHARE)
        try:
            found = optuna.importance.get_param_importances(self.inner, evaluator=evaluator)
        except (RuntimeError, ValueError):  # all scores are the same
            return {}
        return {name: float(value) for name, value in found.items()}


def shape(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    """Return the choices of a trial: made, or waiting to be made."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def row_of(trial: optuna.trial.FrozenTrial) -> Row:
    """Return what is to be known of a trial."""
    kept = trial.user_attrs
    state = "stopped" if kept.get(AGAIN) else {"FAIL": "failed"}.get(trial.state.name, trial.state.name.lower())
    score = trial.value if state == "complete" else None
    metrics, seconds = kept.get(METRICS, {}), kept.get(SECONDS)
    return Row(
        trial.number, state, score, seconds, dict(trial.params), bool(kept.get(DEFAULTS)), kept.get(REASON), metrics
    )


def owner() -> dict[str, Any]:
    """Return what identifies this process, also after its number was given to another one."""
    import psutil

    return {"host": socket.gethostname(), "process": os.getpid(), "started": psutil.Process().create_time()}


def is_gone(trial: optuna.trial.FrozenTrial) -> bool:
    """Whether the process that runs a trial is there no more; of another machine, whether it has long been silent."""
    import psutil

    who = trial.user_attrs.get(OWNER)
    if who is None or who["host"] != socket.gethostname():
        begun = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
        return time.time() - trial.user_attrs.get(SEEN, begun) > SILENCE
    try:
        return abs(psutil.Process(who["process"]).create_time() - who["started"]) > 1
    except psutil.NoSuchProcess:
        return True
