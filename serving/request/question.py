"""What a request asks of every series, within the bounds of model and service: step, horizon and quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.config.task import Task
from forecasting.data.time.calendar import Frequency
from forecasting.errors import PanelError, RequestError
from forecasting.prediction.question import Question
from serving.http.problems import Problem
from serving.http.refusals import ErrorItem, Refusal, json_type
from serving.request.payloads import ForecastIn
from serving.request.validation import validate
from serving.settings import Settings

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor


@dataclass(frozen=True)
class SeriesQuestion:
    """What is asked of every series, of one model.

    Attributes:
        request: as it was sent, its fields checked.
        task: of the model.
        frequency: the step of the times.
        asked: horizon and levels.
        rows_hold_future: whether known covariates of the steps ahead stand in rows without `y`, not after the rows.
    """

    request: ForecastIn
    task: Task
    frequency: Frequency
    asked: Question
    rows_hold_future: bool

    @property
    def horizon(self) -> int:
        """H, steps ahead."""
        return self.asked.horizon

    @property
    def ahead(self) -> int:
        """Values of known covariates that follow those of the rows."""
        return 0 if self.rows_hold_future else self.horizon


def read_request(value: Any, settings: Settings) -> ForecastIn:
    """Return the JSON value of a body as a forecast request, its series not looked at yet.

    Raises:
        Refusal: a field is wrong, or there are no series.
        Problem: 413, there are too many series or values.
    """
    request = validate(ForecastIn, value)
    if not request.series:
        raise Refusal.of(("series",), "empty", "A request needs at least one series.")
    if len(request.series) > settings.max_series:
        text = f"A request may have {settings.max_series} series. Got {len(request.series)}. Send them in parts."
        raise Problem(413, "too_many_series", text, [ErrorItem(("series",), "too_many_series", text)])
    values = (one.get("y") for one in request.series if isinstance(one, dict))
    refuse_too_many_rows(sum(len(y) for y in values if isinstance(y, list)), settings.max_points)
    return request


def refuse_too_many_rows(rows: int, most: int) -> None:
    """Raise a 413 when a request has more rows than allowed."""
    if rows > most:
        text = f"The series of a request may have {most} rows together. Send fewer series, or shorter histories."
        raise Problem(413, "too_many_points", text, [ErrorItem(("series",), "too_many_points", text)])


def read_question(
    request: ForecastIn, predictor: Predictor, settings: Settings, *, rows_hold_future: bool = False
) -> SeriesQuestion:
    """Return what a request asks of every series.

    Args:
        request: its fields checked.
        predictor: of the model that will answer.
        settings: bounds.
        rows_hold_future: see `SeriesQuestion`.

    Raises:
        Refusal: this model, or this service, answers no such question.
        Problem: 413, the answer would have too many numbers.
    """
    require_few_levels(request, settings.max_levels)
    asked, task = ask(request, predictor, settings.max_horizon), predictor.task
    numbers = len(request.series) * asked.horizon * (1 + len(asked.levels) + len(task.symbols))
    if numbers > settings.max_points:
        text = f"The answer would have {numbers} numbers; {settings.max_points} are allowed. Ask for less at once."
        raise Problem(413, "answer_too_large", text, [ErrorItem(("horizon",), "answer_too_large", text)])
    return SeriesQuestion(request, task, asked_frequency(request, task), asked, rows_hold_future)


def require_few_levels(request: ForecastIn, most: int) -> None:
    """Raise a `Refusal` when there are too many levels, or two that an answer could not tell apart."""
    for name in ("level", "quantile_levels"):
        asked = getattr(request, name) or ()
        if len(asked) > most:
            text = f"At most {most} may be asked for. Got {json_type(asked)}."
            raise Refusal.of((name,), "too_many_levels", text)
        if len({format(one, "g") for one in asked}) < len(asked):
            raise Refusal.of((name,), "level_duplicate", "Two of these have the same name in the answer.")


def ask(request: ForecastIn, predictor: Predictor, max_horizon: int) -> Question:
    """Return the question of a request, one that the model can answer.

    Args:
        request: its fields checked.
        predictor: of the model.
        max_horizon: steps ahead that this service answers.

    Raises:
        Refusal: this model, or this service, does not look that far, or a level means nothing, or is none of its own.
    """
    horizon = request.horizon if "horizon" in request.model_fields_set else None
    if (horizon or predictor.task.horizon) > max_horizon:
        most = min(max_horizon, predictor.task.max_horizon)
        raise Refusal.of(("horizon",), "horizon_range", f"`horizon` must be from 1 to {most} here.")
    try:
        return predictor.question(horizon, level=request.level, quantile_levels=request.quantile_levels)
    except RequestError as error:
        pointer = ("level",) if error.field == "quantile_levels" and request.level else None
        raise Refusal([ErrorItem.from_library(error, pointer)]) from error


def asked_frequency(request: ForecastIn, task: Task) -> Frequency:
    """Return the frequency asked for, or the model's own.

    Raises:
        Refusal: it means nothing.
    """
    if request.freq is None:
        return Frequency.parse(task.freq)
    try:
        return Frequency.parse(request.freq)
    except PanelError as error:
        text = (
            "This must be a pandas offset alias such as 'h', '15min', 'D', 'W-SUN' or 'MS', with a step from a "
            "microsecond to a century, or a positive integer. Leave it out to use the model's."
        )
        raise Refusal.of(("freq",), error.code, text) from error
