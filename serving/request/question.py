"""What a request asks of every series, within the bounds of model and service: step, horizon and quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.config import Task
from forecasting.data.calendar import Frequency
from forecasting.errors import PanelError, RequestError
from serving.http.problems import Problem
from serving.http.refusals import ErrorItem, Refusal, json_type
from serving.request.payloads import ForecastIn
from serving.request.validation import validate
from serving.settings import Settings

if TYPE_CHECKING:
    from forecasting.predictor import Predictor


@dataclass(frozen=True)
class Question:
    """What is asked of every series, of one model.

    Attributes:
        request: as it was sent, its fields checked.
        task: of the model.
        frequency: the step of the times.
        horizon: H, steps ahead.
        levels: all quantile levels behind `level` or `quantile_levels`, ascending.
        rows_hold_future: whether known covariates of the steps ahead stand in rows without `y`, not after the rows.
    """

    request: ForecastIn
    task: Task
    frequency: Frequency
    horizon: int
    levels: tuple[float, ...]
    rows_hold_future: bool

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
    require_rows(sum(len(y) for y in values if isinstance(y, list)), settings.max_points)
    return request


def require_rows(rows: int, most: int) -> None:
    """Raise a 413 when a request has more rows than allowed."""
    if rows > most:
        text = f"The series of a request may have {most} rows together. Send fewer series, or shorter histories."
        raise Problem(413, "too_many_points", text, [ErrorItem(("series",), "too_many_points", text)])


def read_question(
    request: ForecastIn, predictor: Predictor, settings: Settings, *, rows_hold_future: bool = False
) -> Question:
    """Return what a request asks of every series.

    Args:
        request: its fields checked.
        predictor: of the model that will answer.
        settings: bounds.
        rows_hold_future: see `Question`.

    Raises:
        Refusal: this model, or this service, answers no such question.
        Problem: 413, the answer would have too many numbers.
    """
    levels = asked_levels(request, settings.max_levels)
    horizon = asked_horizon(request, predictor, levels, settings)
    frequency = asked_frequency(request, predictor.task)
    return Question(request, predictor.task, frequency, horizon, levels, rows_hold_future)


def asked_levels(request: ForecastIn, max_levels: int) -> tuple[float, ...]:
    """Return the quantile levels behind `level` or `quantile_levels`, ascending.

    Raises:
        Refusal: there are too many, both, or some that mean nothing.
    """
    # importing it imports TensorFlow, which is loaded by the time there is a model
    from forecasting.forecast_frame import wanted_levels

    for name in ("level", "quantile_levels"):
        asked = getattr(request, name) or ()
        if len(asked) > max_levels:
            text = f"At most {max_levels} may be asked for. Got {json_type(asked)}."
            raise Refusal.of((name,), "too_many_levels", text)
        if len({format(one, "g") for one in asked}) < len(asked):
            raise Refusal.of((name,), "level_duplicate", "Two of these have the same name in the answer.")
    try:
        return wanted_levels(request.level, request.quantile_levels)
    except RequestError as error:
        raise Refusal([ErrorItem.from_library(error)]) from error


def asked_horizon(request: ForecastIn, predictor: Predictor, levels: tuple[float, ...], settings: Settings) -> int:
    """Return the steps ahead: as many as asked for, or as the model was trained for.

    Raises:
        Refusal: this model, or this service, does not look that far, or has no such levels.
        Problem: 413, the answer would have too many numbers.
    """
    task = predictor.task
    horizon = request.horizon if "horizon" in request.model_fields_set else task.horizon
    if horizon > settings.max_horizon:
        most = min(settings.max_horizon, task.max_horizon)
        raise Refusal.of(("horizon",), "horizon_range", f"`horizon` must be from 1 to {most} here.")
    try:
        predictor.require_answerable(horizon, levels)
    except RequestError as error:
        pointer = ("level",) if error.field == "quantile_levels" and request.level else None
        raise Refusal([ErrorItem.from_library(error, pointer)]) from error
    numbers = len(request.series) * horizon * (1 + len(levels) + len(task.symbols))
    if numbers > settings.max_points:
        text = f"The answer would have {numbers} numbers; {settings.max_points} are allowed. Ask for less at once."
        raise Problem(413, "answer_too_large", text, [ErrorItem(("horizon",), "answer_too_large", text)])
    return horizon


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
