"""A request's way: which model, is it answerable, one panel, one call of the predictor, one forecast per series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forecasting.errors import RequestError
from forecasting.question import Question
from forecasting.schema import STATUS_ROLLED_OUT, is_fallback
from serving.assembly import assemble, require_rows
from serving.exchange import Exchange
from serving.forecasts import NON_FINITE, Forecast, Wanted, forecast_all
from serving.models import Served, Snapshot
from serving.payloads import ForecastIn
from serving.problems import ErrorItem, Problem, describe, from_library, invalid, pointer
from serving.settings import Settings
from serving.validation import Refusal, validate


@dataclass(frozen=True)
class Answer:
    """The answer to a request: the model that gave it, and a forecast per series."""

    served: Served
    horizon: int
    forecasts: list[Forecast]

    def status_of(self, one: Forecast) -> str:
        """Return the status of a whole forecast: its last steps are `rolled_out` where the horizon is a long one."""
        rolls_out = bool(one.point) and self.horizon > self.trained_horizon and not is_fallback(one.status)
        return STATUS_ROLLED_OUT if rolls_out else one.status

    @property
    def trained_horizon(self) -> int:
        """Steps that the model answers in one pass."""
        return self.served.predictor.task.horizon


def answer(
    value: Any, snapshot: Snapshot, settings: Settings, exchange: Exchange, rows_hold_future: bool = False
) -> Answer:
    """Answer a forecast request.

    Args:
        value: the JSON value of its body.
        snapshot: the models as they are now; the whole request uses this one.
        settings: bounds.
        exchange: takes note of sizes and times.
        rows_hold_future: whether known covariates of the steps ahead stand in rows without `y`.

    Raises:
        Problem: what is wrong with the request.
    """
    try:
        return answer_valid(validate(ForecastIn, value), snapshot, settings, exchange, rows_hold_future)
    except Refusal as refusal:
        raise problem_of(refusal) from refusal


def answer_valid(
    request: ForecastIn, snapshot: Snapshot, settings: Settings, exchange: Exchange, rows_hold_future: bool
) -> Answer:
    """Answer a request whose fields are of the right types; see `answer`.

    Raises:
        Refusal: something else is wrong with it.
        Problem: it is too large, or asks for a model that is not here.
    """
    require_sizes(request, settings)
    served = snapshot.find(request.model)
    exchange.sizes.update(model=served.name, version=served.version, series=len(request.series))
    levels = wanted_levels(request, settings)
    horizon = wanted_horizon(request, served, levels, settings)
    assembly = assemble(request, served.predictor.task, horizon, settings, rows_hold_future)
    exchange.sizes.update(rows=sum(len(one.y) for one in assembly.placed.values()), horizon=horizon)
    exchange.mark("read")
    wanted = Wanted(horizon, levels, tuple(request.level or ()), tuple(request.quantile_levels or ()))
    forecasts = forecast_all(assembly, served.predictor, wanted)
    exchange.mark("forecast")
    return Answer(served, horizon, forecasts)


def problem_of(refusal: Refusal) -> Problem:
    """Return the problem of a request that was refused: the caller's fault, unless the model gave no number."""
    if any(error.code == NON_FINITE for error in refusal.errors):
        text = "The model gave numbers that are not finite. Report it with the request id in `instance`."
        return Problem(500, NON_FINITE, text, refusal.errors, total=refusal.total)
    return invalid(refusal.errors, refusal.total)


def require_sizes(request: ForecastIn, settings: Settings) -> None:
    """Check the number of series and of their values before any of them is looked at.

    Raises:
        Refusal: there are none.
        Problem: 413, there are too many.
    """
    if not request.series:
        raise Refusal.of("/series", "empty", "A request needs at least one series.")
    if len(request.series) > settings.max_series:
        text = f"A request may have {settings.max_series} series. Got {len(request.series)}. Send them in parts."
        raise Problem(413, "too_many_series", text, [ErrorItem("/series", "too_many_series", text)])
    values = (one.get("y") for one in request.series if isinstance(one, dict))
    require_rows(sum(len(y) for y in values if isinstance(y, list)), settings.max_points)


def wanted_levels(request: ForecastIn, settings: Settings) -> tuple[float, ...]:
    """Return the quantile levels behind `level` or `quantile_levels`.

    Raises:
        Refusal: there are too many, both, or some that mean nothing.
    """
    for name in ("level", "quantile_levels"):
        asked = getattr(request, name) or ()
        if len(asked) > settings.max_levels:
            text = f"At most {settings.max_levels} may be asked for. Got {describe(asked)}."
            raise Refusal.of(pointer(name), "too_many_levels", text)
        if len({format(one, "g") for one in asked}) < len(asked):
            raise Refusal.of(pointer(name), "level_duplicate", "Two of these have the same name in the answer.")
    try:
        return Question.read(1, request.level, request.quantile_levels).levels
    except RequestError as error:
        raise Refusal([from_library(error)]) from error


def wanted_horizon(request: ForecastIn, served: Served, levels: tuple[float, ...], settings: Settings) -> int:
    """Return the steps ahead.

    Raises:
        Refusal: this model, or this service, does not look that far, or has no such levels.
        Problem: 413, the answer would have too many numbers.
    """
    given = "horizon" in request.model_fields_set
    horizon = request.horizon if given else served.predictor.task.horizon
    if horizon > settings.max_horizon:
        most = min(settings.max_horizon, served.predictor.task.max_horizon)
        raise Refusal.of("/horizon", "horizon_range", f"`horizon` must be from 1 to {most} here.")
    try:
        served.predictor.question(horizon, level=request.level, quantile_levels=request.quantile_levels)
    except RequestError as error:
        field_name = "level" if error.field == "quantile_levels" and request.level else error.field
        raise Refusal([from_library(error, pointer(field_name or ""))]) from error
    numbers = len(request.series) * horizon * (1 + len(levels) + len(served.predictor.task.symbols))
    if numbers > settings.max_points:
        text = f"The answer would have {numbers} numbers; {settings.max_points} are allowed. Ask for less at once."
        raise Problem(413, "answer_too_large", text, [ErrorItem("/horizon", "answer_too_large", text)])
    return horizon
