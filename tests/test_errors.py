"""Errors that workers send to their parent arrive as they were."""

import pickle

import pytest

from forecasting.errors import ForecastingError
from forecasting.prediction.short_series import ShortSeries, TooShortError
from pipelines.files import readers  # noqa: F401  (its error counts too)
from pipelines.terminal.exits import JobError, TerminatedError, exit_code, message_of, try_again

pytestmark = pytest.mark.fast


def below(kind):
    return [kind, *(one for child in kind.__subclasses__() for one in below(child))]


@pytest.mark.parametrize("kind", below(ForecastingError), ids=lambda kind: kind.__name__)
def test_an_error_of_the_library_crosses_processes(kind):
    given = {"code": "odd", "series": "a", "row": 3, "field": "y"}
    error = kind([ShortSeries("a", 1, 9)], 5) if kind is TooShortError else kind("wrong", **given)
    found = pickle.loads(pickle.dumps(error))  # noqa: S301  (made here, as a pool of processes makes them)
    assert type(found) is kind
    assert (str(found), vars(found)) == (str(error), vars(error))
    assert exit_code(found) == 3


@pytest.mark.parametrize("error", [JobError("too many", 4), try_again("later"), TerminatedError()])
def test_an_error_of_a_job_keeps_its_exit_code(error):
    found = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(found) is type(error)
    assert (message_of(found), exit_code(found)) == (message_of(error), exit_code(error))
