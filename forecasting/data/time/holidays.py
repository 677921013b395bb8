"""Public holidays by country as calendar features: is this day one, is the day after, was the day before."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.time.calendar import Frequency
from forecasting.errors import ConfigError

#: Feature -> the days that lie between the holiday and the day that has the feature.
SHIFTS = {"holiday": 0, "holiday-eve": -1, "holiday-after": 1}

#: Calendars of most countries are laid down for these years; outside them no day is a holiday.
FIRST_YEAR, LAST_YEAR = 1900, 2100


def holiday_features(place: str, frequency: Frequency) -> tuple[str, ...]:
    """Return the names of the features of a country, or of a part of one.

    >>> holiday_features("DE-BY", Frequency.parse("h"))
    ('holiday:DE-BY', 'holiday-eve:DE-BY', 'holiday-after:DE-BY')

    Args:
        place: ISO 3166 code such as `DE`, with that of a subdivision as in `DE-BY`.
        frequency: of the series.

    Raises:
        ConfigError: the place is not known, or a step is longer than a day.
    """
    if frequency.is_integer or frequency.grid.days >= 2:  # a business day is 1.4
        raise ConfigError(
            f"Holidays need steps of a day or less. Got freq={frequency.alias!r}. Leave `holidays` out, or give daily "
            "data.",
            code="holidays_frequency",
            field="holidays",
        )
    holidays_of(place, 2024)
    return tuple(f"{feature}:{place}" for feature in SHIFTS)


def is_holiday_feature(name: str) -> bool:
    """Whether the name of a calendar feature is one of holidays."""
    feature, colon, _ = name.partition(":")
    return bool(colon) and feature in SHIFTS


def holiday_feature(times: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Return 1 where the day of a wall-clock time [N] has the feature, 0 elsewhere.

    Raises:
        ConfigError: the place is not known.
    """
    feature, _, place = name.partition(":")
    if len(times) == 0:
        return np.zeros(0)
    days = times.astype("M8[D]")
    years = days[[days.argmin(), days.argmax()]].astype("M8[Y]").astype(np.int64) + 1970
    found = holidays_between(place, int(years[0]), int(years[1])) + SHIFTS[feature]
    at = np.minimum(np.searchsorted(found, days), max(len(found) - 1, 0))
    return (found[at] == days).astype(np.float64) if len(found) else np.zeros(len(days))


@functools.lru_cache(maxsize=1024)
def holidays_between(place: str, first: int, last: int) -> NDArray[Any]:
    """Return the holidays of some years and of those beside them, sorted, datetime64[D]."""
    years = range(max(first - 1, FIRST_YEAR), min(last + 1, LAST_YEAR) + 1)
    found = [holidays_of(place, year) for year in years]
    return np.concatenate(found) if found else np.zeros(0, "M8[D]")


@functools.lru_cache(maxsize=4096)
def holidays_of(place: str, year: int) -> NDArray[Any]:
    """Return the holidays of one year, sorted, datetime64[D].

    Raises:
        ConfigError: the place is not known; the message lists what is.
    """
    import holidays

    country, _, subdivision = place.partition("-")
    try:
        # `observed` counts the Monday that is free for a Sunday; what is free to some people only is left out
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except (NotImplementedError, AttributeError, ValueError) as error:
        known = holidays.list_supported_countries()
        if country in known:
            parts = ", ".join(known[country]) or "none"
            text = f"{country!r} has no subdivision {subdivision!r}. Known: {parts}."
        else:
            text = f"There is no calendar of {country!r}. Known, for example: DE, FR, US, DE-BY, US-CA."
        raise ConfigError(
            f"`holidays` must be a country's ISO code, or one of a part of it. {text}",
            code="unknown_holidays",
            field="holidays",
        ) from error
    return np.sort(np.array([day for day in found if day.year == year], "M8[D]"))
