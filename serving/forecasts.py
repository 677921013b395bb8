"""From a panel to a forecast per series: one call of the predictor, then lists, warnings and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecasting.config import Task
from forecasting.errors import ForecastingError
from forecasting.question import Question
from forecasting.schema import STATUS_FALLBACK, STATUS_OK, STATUS_PADDED, interval_quantiles, is_fallback
from serving.assembly import Assembly
from serving.clock import to_texts
from serving.placing import Placed
from serving.problems import ErrorItem, pointer
from serving.validation import Refusal

STATUS_ERROR = "error"
NON_FINITE = "non_finite_output"

#: float32, in which networks compute, ends at 3.4e38; a forecast from larger values need not be finite.
LARGEST_FORECASTABLE = 1e37


@dataclass(frozen=True)
class Wanted:
    """What is asked of each series.

    Attributes:
        horizon: H, steps ahead.
        quantiles: all quantile levels needed, ascending.
        level: central intervals, in percent, as asked.
        quantile_levels: quantiles, as asked.
    """

    horizon: int
    quantiles: tuple[float, ...]
    level: tuple[float, ...]
    quantile_levels: tuple[float, ...]


@dataclass
class Forecast:
    """The forecast of one series.

    Attributes:
        name: its id; None where it had no readable one.
        status: `ok`, `padded`, `fallback:<model>:<reason>`, or `error`.
        ds: H texts or integers.
        point: H medians, or the texts of the most probable symbols.
        quantiles: H numbers by the level's text, None where unknown.
        probabilities: H numbers by symbol.
        intervals: the lower and the upper H numbers by the level's text.
        warnings: codes and details.
        errors: why there is no forecast.
    """

    name: str | None
    status: str
    ds: list[Any] = field(default_factory=list)
    point: list[Any] = field(default_factory=list)
    quantiles: dict[str, list[Any]] = field(default_factory=dict)
    intervals: dict[str, tuple[list[Any], list[Any]]] = field(default_factory=dict)
    probabilities: dict[str, list[float]] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    errors: list[ErrorItem] = field(default_factory=list)


def forecast_all(assembly: Assembly, predictor: Any, wanted: Wanted) -> list[Forecast]:
    """Forecast all placed series at once.

    Returns:
        A forecast for every series of the request, in its order.

    Raises:
        Refusal: a series has no forecast, and that fails the request.
    """
    found = {} if assembly.panel is None else forecast_placed(assembly, predictor, wanted)
    assembly.require_complete()
    return [found.get(number) or failed(assembly, number) for number in range(assembly.count)]


def forecast_placed(assembly: Assembly, predictor: Any, wanted: Wanted) -> dict[int, Forecast]:
    """Return the forecasts of the panel's series, by position in the request; refuse those that have none."""
    panel = assembly.panel
    assert panel is not None  # noqa: S101  (for the type checker)
    answer = predictor.predict_panel(panel, Question(wanted.horizon, wanted.level, wanted.quantile_levels))
    times = to_texts(panel, panel.times_after(panel.origins, wanted.horizon))
    point = answer.shown.tolist()
    probabilities = np.moveaxis(answer.probabilities, 2, 1).tolist()
    quantiles = {format(q, "g"): answer.at(float(q)).tolist() for q in wanted.quantile_levels}
    bounds = {
        format(level, "g"): tuple(answer.at(q).tolist() for q in interval_quantiles(level)) for level in wanted.level
    }
    found = {}
    for window, (number, placed) in enumerate(assembly.placed.items()):
        if window in answer.problems:
            assembly.refuse(number, refusal_of(answer.problems[window], number, placed))
            continue
        status = answer.status[window]
        found[number] = Forecast(
            placed.name,
            status,
            times[window],
            point[window],
            {name: rows[window] for name, rows in quantiles.items()},
            {name: (lower[window], upper[window]) for name, (lower, upper) in bounds.items()},
            dict(zip(answer.symbols, probabilities[window], strict=True)),
            [*assembly.warnings, *placed.warnings, *caveats(status, wanted.horizon, predictor.task, len(placed.y))],
        )
        if is_fallback(status):
            say_unknown_spread(found[number])
    return found


def say_unknown_spread(one: Forecast) -> None:
    """Put null, and a warning, where a fallback saw too few values to know an interval: JSON has no NaN."""
    bounds = [rows for pair in one.intervals.values() for rows in pair]
    if all(value == value for rows in (*one.quantiles.values(), *bounds) for value in rows):
        return
    one.quantiles = {name: or_null(rows) for name, rows in one.quantiles.items()}
    one.intervals = {name: (or_null(lower), or_null(upper)) for name, (lower, upper) in one.intervals.items()}
    text = "Too few values are observed to say how uncertain this forecast is: its intervals are null."
    one.warnings.append(("no_interval", text))


def or_null(values: list[Any]) -> list[Any]:
    """Return the values, None in the place of NaN."""
    return [value if value == value else None for value in values]


def refusal_of(problem: ForecastingError, number: int, placed: Placed) -> Refusal:
    """Return why a placed series has no forecast."""
    where = pointer("series", number, "y")
    if problem.code == NON_FINITE and np.nanmax(np.abs(placed.y)) > LARGEST_FORECASTABLE:
        text = f"These values are too large to forecast from. Scale them to below {LARGEST_FORECASTABLE:g}."
        return Refusal.of(where, "out_of_range", text)
    return Refusal.of(where, problem.code, str(problem))


def caveats(status: str, horizon: int, task: Task, rows: int) -> list[tuple[str, str]]:
    """Return the warnings about a forecast that is weaker than the model's best."""
    found = []
    if status == STATUS_PADDED:
        text = f"The model looks back {task.context_length} rows, this series has {rows}; the rest counts as missing."
        found.append((STATUS_PADDED, text))
    elif status != STATUS_OK:
        found.append((STATUS_FALLBACK, "This forecast comes from a simpler model; the status says which and why."))
    if horizon > task.horizon and not is_fallback(status):
        text = (
            f"The model was trained for {task.horizon} steps. What lies beyond is forecast from its own forecasts, "
            "and more certain than it should be."
        )
        found.append(("rolled_out", text))
    return found


def failed(assembly: Assembly, number: int) -> Forecast:
    """Return the entry of a series that has no forecast."""
    return Forecast(assembly.names.get(number), STATUS_ERROR, errors=assembly.refused[number].errors)
