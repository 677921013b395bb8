"""The MLflow run of a job, which does not depend on it: what MLflow cannot take is said and passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from forecasting.errors import first_line
from pipelines.terminal.console import say

if TYPE_CHECKING:
    from forecasting.store.tracking import Run


class Journal:
    """A run, or the absence of one.

    Args:
        run: the active MLflow run; None logs nothing.
        experiment: name of its experiment.
    """

    def __init__(self, run: Run | None, experiment: str) -> None:
        self.run = run
        self.experiment = experiment

    @property
    def run_id(self) -> str | None:
        """MLflow's id of the run."""
        return self.run.run_id if self.run else None

    def log(self, action: Callable[[Run], Any]) -> None:
        """Log something; the first failure is said and ends the logging."""
        if self.run is None:
            return
        try:
            action(self.run)
        except store_errors() as error:
            self.run = None
            give_up(error)

    @contextmanager
    def child(self, name: str) -> Iterator[Journal]:
        """Open a run inside this one."""
        with open_journal(name, self.experiment, self.run is not None, self.run) as inner:
            yield inner


@contextmanager
def open_journal(
    name: str, experiment: str, is_on: bool, parent: Run | None = None, run_id: str | None = None
) -> Iterator[Journal]:
    """Open a run, which ends as failed when an error passes through.

    Args:
        name: name of the run.
        experiment: name of the experiment.
        is_on: whether to log at all.
        parent: the run that this one belongs to.
        run_id: a run of a former call that goes on, if it is still there.
    """
    opened = None
    if is_on:
        from forecasting.store import tracking

        try:
            opened = tracking.run(name, experiment, parent, run_id)
            run = opened.__enter__()
        except store_errors() as error:
            opened = None
            give_up(error)
    if opened is None:
        yield Journal(None, experiment)
        return
    try:
        yield Journal(run, experiment)
    except BaseException as error:
        close(opened, error)
        raise
    close(opened, None)


def close(opened: AbstractContextManager[Run], error: BaseException | None) -> None:
    """End a run, as failed where the work ended by an error; MLflow failing at that does not hide it."""
    try:
        opened.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
    except store_errors() as trouble:
        if trouble is not error:
            give_up(trouble)


def store_errors() -> tuple[type[Exception], ...]:
    """Return the errors of a tracking store that is down, locked, full or damaged."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from forecasting.errors import RegistryError

    return MlflowException, SQLAlchemyError, RegistryError, OSError


def give_up(error: Exception) -> None:
    """Say that nothing more is logged."""
    say(f"Warning: MLflow does not take this run ({first_line(error).rstrip('.')}); the work goes on without it.")
