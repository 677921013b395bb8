"""From the series of a request to one panel: the axis that they share, each on it, and all of them end to end."""

from __future__ import annotations

import numpy as np

from forecasting.config.task import Task
from forecasting.data.grammar.iso import UTC, offset_zone
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from serving.http.refusals import Refusal
from serving.request.axis import TimeAxis
from serving.request.caveats import Caveat
from serving.request.covariates import panel_covariates, panel_statics
from serving.request.outcomes import Outcomes
from serving.request.payloads import ForecastIn
from serving.request.placing import PlacedSeries, part_by_y, place_series
from serving.request.question import SeriesQuestion, refuse_too_many_rows
from serving.request.series import SentSeries
from serving.request.zones import require_zone

MIXED_OFFSETS = Caveat(
    "mixed_offsets",
    "The times have several UTC offsets; days and the answer are in UTC. Send `timezone` for local days.",
)


def common_axis(sent: Outcomes[SentSeries], question: SeriesQuestion, max_rows: int) -> TimeAxis:
    """Return the time axis of all series.

    Args:
        sent: the series.
        question: the request, and what it asks.
        max_rows: rows that a series may have.

    Raises:
        Refusal: the zone that was asked for means nothing here.
    """
    asked, frequency = question.request.timezone, question.frequency
    offsets = frozenset[int]().union(*(series.times.offsets or () for series in sent.good.values()))
    zone = common_zone(offsets, asked, frequency)
    caveats = alias_caveats(question.request, frequency)
    if len(offsets) > 1 and asked is None:
        caveats = (*caveats, MIXED_OFFSETS)
    return TimeAxis(frequency, Frequency.parse(question.task.freq), zone, question.horizon, max_rows, caveats)


def common_zone(offsets: frozenset[int], asked: str | None, frequency: Frequency) -> str | None:
    """Return the name of the zone that the answer comes in: the one asked for, or that of the offsets sent.

    Args:
        offsets: UTC offsets of all times, in minutes.
        asked: `timezone` of the request.
        frequency: step of the times.

    Raises:
        Refusal: there is no such zone, or the steps are integers.
    """
    zone = None if asked is None else require_zone(asked)
    if frequency.is_integer:
        if zone:
            raise Refusal.of(("timezone",), "timezone_unused", "Integer steps have no zone. Leave it out.")
        return None
    if zone or not offsets:
        return zone
    return offset_zone(*offsets) if len(offsets) == 1 else UTC


def alias_caveats(request: ForecastIn, frequency: Frequency) -> tuple[Caveat, ...]:
    """Return what the answer says about a spelling of the frequency that pandas gave up."""
    given, known = str(request.freq).split("-")[0], str(frequency.alias).split("-")[0]
    if request.freq is None or given == known:
        return ()
    return (Caveat("freq_alias", f"`freq` was read as {frequency.alias!r}."),)


def place_all(
    sent: Outcomes[SentSeries], axis: TimeAxis, question: SeriesQuestion, max_rows: int
) -> Outcomes[PlacedSeries]:
    """Place all series on their axis.

    Args:
        sent: the series.
        axis: that of all of them.
        question: the request, and what it asks.
        max_rows: rows that the series may have together.

    Raises:
        Refusal: one of them is wrong, and that fails the request.
        Problem: 413, there are too many rows once gaps are filled.
    """
    has_future = question.rows_hold_future and bool(question.task.known_covariates)
    rows = 0

    def place(position: int, series: SentSeries) -> PlacedSeries:
        nonlocal rows
        placed = place_series(series, axis, question.request)
        rows += len(placed.y)  # counted as they come: many gaps may be filled
        refuse_too_many_rows(rows, max_rows)
        return part_by_y(placed, question.horizon) if has_future else placed

    placed = sent.then(place)
    placed.require_complete()
    return placed


def build_panel(placed: Outcomes[PlacedSeries], axis: TimeAxis, task: Task) -> Panel | None:
    """Return the panel of the good series, in their order; None when there are none."""
    series = [*placed.good.values()]
    if not series:
        return None
    starts = np.array([one.start for one in series], np.int64 if axis.frequency.is_integer else "M8[us]")
    names, ys = [one.name for one in series], [one.y for one in series]
    panel = Panel.from_checked(names, starts, ys, axis.frequency, axis.zone, task.symbols)
    covariates = [one.covariates for one in series]
    if task.static_covariates:
        panel = panel.with_statics(panel_statics(covariates, task))
    if any(task.covariate_counts):
        panel = panel.with_covariates(panel_covariates(covariates, task, axis.horizon))
    return panel
