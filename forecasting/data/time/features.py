"""Calendar features: what the wall clock and the calendar say about any timestamp, past or future."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.time.calendar import Frequency
from forecasting.data.time.grids import MICROSECONDS_PER_DAY, month_number, split_day, weekday
from forecasting.data.time.holidays import holiday_feature, is_holiday_feature
from forecasting.errors import ConfigError

_DAILY = ("weekday_sin", "weekday_cos", "year_sin", "year_cos")
_SUBDAILY = (
    "hour_sin",
    "hour_cos",
    "hour_sin2",
    "hour_cos2",
    "weekday_sin",
    "weekday_cos",
    "weekend",
    "year_sin",
    "year_cos",
)


#: How often data must have gone through a cycle for its features to be read. Of a cycle seen once, they say which
#: rows are old and which are new: that is learnt by heart, and is wrong when the cycle comes round.
LEAST_CYCLES = 1.5


def calendar_features(
    frequency: Frequency, days: float = math.inf, cycles: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return the names of the features that can tell the steps of `frequency` apart; none for integers and years.

    Args:
        frequency: the step.
        days: from the first row of all series to the last one; cycles that fit in less than `LEAST_CYCLES` times are
            left out.
        cycles: those whose features are wanted, however long the data are; see `cycles_of`.

    Raises:
        ConfigError: the steps have no such cycle.

    >>> calendar_features(Frequency.parse("D"))
    ('weekday_sin', 'weekday_cos', 'year_sin', 'year_cos')
    >>> calendar_features(Frequency.parse("D"), days=365)
    ('weekday_sin', 'weekday_cos')
    >>> calendar_features(Frequency.parse("h"), cycles=["weekend"])
    ('weekend',)
    """
    names = _telling_apart(frequency)
    if cycles is None:
        return tuple(name for name in names if _DAYS[_FEATURES[name][0]] * LEAST_CYCLES <= days)
    known = cycles_of(names)
    unknown = [one for one in cycles if one not in known]
    if unknown:
        raise ConfigError(
            f"`calendar` must name cycles that steps of {frequency.alias!r} go through: {', '.join(known) or 'none'}. "
            f"Got {', '.join(map(repr, unknown))}.",
            code="unknown_cycle",
            field="calendar",
        )
    return tuple(name for name in names if _cycle_of(name) in cycles)


def cycles_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return what the user calls the cycles of some features, holidays left out.

    >>> cycles_of(["hour_sin", "hour_sin2", "weekend", "holiday:DE"])
    ('hour', 'weekend')
    """
    return tuple(dict.fromkeys(_cycle_of(name) for name in names if not is_holiday_feature(name)))


def _cycle_of(name: str) -> str:
    return name.partition("_")[0]


def _telling_apart(frequency: Frequency) -> tuple[str, ...]:
    step = frequency.grid.days
    if frequency.is_integer or step > 300:
        return ()
    if frequency.is_subdaily:
        return _SUBDAILY
    if step < 7:
        return _DAILY
    return ("year_sin", "year_cos") if step < 28 else ("month_sin", "month_cos")


def encode(times: NDArray[Any], names: tuple[str, ...]) -> NDArray[np.float32]:
    """Compute calendar features.

    Args:
        times: [N] datetime64[us], wall clock (integers when `names` is empty).
        names: F names, as of `calendar_features` and `holidays.holiday_features`.

    Returns:
        [N, F] float32, all within [-1, 1].

    Raises:
        ConfigError: a name, or its country, is not known.
    """
    features = np.empty((len(times), len(names)), np.float32)
    cycles: dict[Callable[[NDArray[Any]], NDArray[np.float64]], NDArray[np.float64]] = {}
    for column, name in enumerate(names):
        if is_holiday_feature(name):
            features[:, column] = holiday_feature(times, name)
            continue
        if name not in _FEATURES:
            raise ConfigError(
                f"Unknown calendar feature {name!r}. Known features: {', '.join(_FEATURES)}.",
                code="unknown_feature",
                field="calendar",
            )
        cycle, shape = _FEATURES[name]
        if cycle not in cycles:
            cycles[cycle] = 2 * np.pi * cycle(times)
        features[:, column] = shape(cycles[cycle])
    return features


def _of_day(times: NDArray[Any]) -> NDArray[np.float64]:
    return split_day(times)[1] / MICROSECONDS_PER_DAY


def _of_week(times: NDArray[Any]) -> NDArray[np.float64]:
    return weekday(split_day(times)[0]) / 7


def _of_year(times: NDArray[Any]) -> NDArray[np.float64]:
    year = times.astype("M8[Y]")
    first, next_first = (part.astype("M8[us]").astype(np.int64) for part in (year, year + 1))
    return (times.astype(np.int64) - first) / (next_first - first)


def _month_of_year(times: NDArray[Any]) -> NDArray[np.float64]:
    return (month_number(split_day(times)[0]) % 12) / 12


def _second_sin(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sin(2 * angle)


def _second_cos(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cos(2 * angle)


def _is_weekend(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    # Saturday and Sunday are the last two sevenths of the week's circle
    return (angle > 2 * np.pi * 4.5 / 7).astype(np.float64)


#: Every feature: the cycle it follows, as a fraction in [0, 1), and its shape over the angle in that cycle.
_FEATURES: dict[str, tuple[Callable[[NDArray[Any]], NDArray[np.float64]], Callable[[NDArray[np.float64]], Any]]] = {
    "hour_sin": (_of_day, np.sin),
    "hour_cos": (_of_day, np.cos),
    "hour_sin2": (_of_day, _second_sin),
    "hour_cos2": (_of_day, _second_cos),
    "weekday_sin": (_of_week, np.sin),
    "weekday_cos": (_of_week, np.cos),
    "weekend": (_of_week, _is_weekend),
    "year_sin": (_of_year, np.sin),
    "year_cos": (_of_year, np.cos),
    "month_sin": (_month_of_year, np.sin),
    "month_cos": (_month_of_year, np.cos),
}

#: Days that each cycle takes.
_DAYS: dict[Callable[[NDArray[Any]], NDArray[np.float64]], float] = {
    _of_day: 1.0,
    _of_week: 7.0,
    _of_year: 365.25,
    _month_of_year: 365.25,
}
