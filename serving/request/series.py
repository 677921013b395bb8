"""The series of a request, read: numbers, times and covariates, every mistake with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.schema import DS, UNIQUE_ID, Y
from serving.http.refusals import Pointer, Refusal
from serving.request.caveats import Caveat
from serving.request.covariates import SeriesCovariates, parse_covariates, unseen_categories
from serving.request.numbers import parse_numbers, parse_symbols
from serving.request.outcomes import Outcomes
from serving.request.payloads import SeriesIn
from serving.request.question import SeriesQuestion
from serving.request.timestamps import Times, TimesField, Unit, parse_times
from serving.request.validation import validate
from serving.settings import Settings


@dataclass(frozen=True, eq=False)
class SentSeries:
    """One series as it was sent, read but not yet on a time axis.

    Attributes:
        pointer: to where it stands in the body.
        name: its id.
        times: of its rows, or only of the first one.
        y: [n] values, NaN where missing.
        covariates: of its rows, and those known ahead.
        caveats: what the answer says about it.
    """

    pointer: Pointer
    name: str
    times: Times
    y: NDArray[np.float64]
    covariates: SeriesCovariates
    caveats: tuple[Caveat, ...]


def read_series(question: SeriesQuestion, settings: Settings) -> Outcomes[SentSeries]:
    """Read the series of a request.

    Args:
        question: the request, and what it asks of all of them.
        settings: bounds.

    Raises:
        Refusal: too many errors; see `Outcomes.then`.
    """
    request = question.request

    def read(position: int, value: Any) -> SentSeries:
        return parse_series(value, ("series", position), question, settings.max_history)

    sent = refuse_repeated(Outcomes(dict(enumerate(request.series)), request.on_error == "partial").then(read))
    return sent if question.frequency.is_integer else refuse_mixed(sent)


def parse_series(value: Any, pointer: Pointer, question: SeriesQuestion, max_rows: int) -> SentSeries:
    """Read one series.

    Args:
        value: a JSON value.
        pointer: to where it stands.
        question: the request, and what it asks.
        max_rows: rows that the series may have.

    Raises:
        Refusal: it is no series; every error found.
    """
    request, task = question.request, question.task
    series = validate(SeriesIn, value, pointer)
    require_length(series, pointer, max_rows)
    if task.symbols:
        y = parse_symbols(series.y, (*pointer, Y), request.missing, task.symbols)
    else:
        y = parse_numbers(series.y, (*pointer, Y), request.missing)
    times = times_of(series, pointer, request.unit)
    covariates = parse_covariates(series, task, question.ahead, pointer)
    return SentSeries(pointer, series.unique_id, times, y, covariates, tuple(unseen_categories(covariates, task)))


def require_length(series: SeriesIn, pointer: Pointer, max_rows: int) -> None:
    """Raise a `Refusal` where a series has no row, or more than it may have."""
    count = len(series.y)
    if count == 0:
        raise Refusal.of((*pointer, Y), "empty", "A series needs at least one value; leave it out.")
    if count > max_rows:
        text = f"A series may have {max_rows} rows. Got {count}. Send the latest ones."
        raise Refusal.of((*pointer, Y), "history_too_long", text)


def times_of(series: SeriesIn, pointer: Pointer, unit: Unit | None) -> Times:
    """Return the times of a series.

    Raises:
        Refusal: it has both `ds` and `start` or neither, not a time for each value, or an element is no time.
    """
    if (series.ds is None) == (series.start is None):
        raise Refusal.of(pointer, "ds_or_start", "A series has either `ds`, a time per value, or `start`.")
    if series.ds is None:
        return parse_times([series.start], TimesField((*pointer, "start"), is_start=True), unit)
    if len(series.ds) != len(series.y):
        text = f"`ds` and `y` must be equally long. Got {len(series.ds)} times and {len(series.y)} values."
        raise Refusal.of((*pointer, DS), "length_mismatch", text)
    return parse_times(series.ds, TimesField((*pointer, DS), is_start=False), unit)


def refuse_repeated(sent: Outcomes[SentSeries]) -> Outcomes[SentSeries]:
    """Refuse every series whose id an earlier one has."""
    first: dict[str, int] = {}
    for position, series in sent.good.items():
        first.setdefault(series.name, position)

    def require_first(position: int, series: SentSeries) -> SentSeries:
        if first[series.name] != position:
            text = f"Series {first[series.name]} has the same `unique_id`. Give each series its own."
            raise Refusal.of((*series.pointer, UNIQUE_ID), "duplicate_id", text)
        return series

    return sent.then(require_first)


def refuse_mixed(sent: Outcomes[SentSeries]) -> Outcomes[SentSeries]:
    """Refuse every series that has UTC offsets where the first one has none, and the other way round."""
    first = next(iter(sent.good.values()), None)

    def require_same(position: int, series: SentSeries) -> SentSeries:
        if first and (series.times.offsets is None) != (first.times.offsets is None):
            text = "Some series have times with UTC offsets and some without. Send all with, or all without."
            raise Refusal.of(series.times.field.pointer, "mixed_offsets", text)
        return series

    return sent.then(require_same)
