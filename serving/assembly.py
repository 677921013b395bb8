"""From a request to one panel: every series read and placed, the bad ones kept apart with their reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from forecasting.config import Task
from forecasting.data.calendar import Frequency
from forecasting.data.iso import UTC, offset_zone
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from serving.clock import require_zone
from serving.covariates import stacked as stacked_covariates
from serving.payloads import ForecastIn
from serving.placing import Grid, Placed, parted_by_y, place_series
from serving.problems import MAX_ERRORS, ErrorItem, Problem
from serving.reading import Reading, read_series
from serving.settings import Settings
from serving.statics import stacked
from serving.validation import Refusal

Part = TypeVar("Part")


@dataclass
class Assembly:
    """The series of a request on their way to a panel.

    Attributes:
        count: series in the request.
        partial: whether bad series are reported beside the others instead of failing the request.
        placed: the good ones, by position in the request; the panel's series in this order.
        refused: why the others are not among them, by position.
        names: ids, as far as they could be read, by position.
        warnings: what holds for all series.
        panel: of the good ones; None when there are none.
    """

    count: int
    partial: bool
    placed: dict[int, Placed] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    panel: Panel | None = None

    def attempt(self, number: int, work: Callable[..., Part], *args: Any) -> Part | None:
        """Return what `work` does with one series, or None and remember why it was refused."""
        try:
            return work(*args)
        except Refusal as refusal:
            self.refuse(number, refusal)
            return None

    def refuse(self, number: int, refusal: Refusal) -> None:
        """Remember why a series has no forecast; stop when nothing can come of the request any more."""
        self.refused[number] = refusal
        if not self.partial and self.total() >= MAX_ERRORS:
            self.require_complete()

    def total(self) -> int:
        """Return the number of errors."""
        return sum(refusal.total for refusal in self.refused.values())

    def require_complete(self) -> None:
        """Raise a `Refusal` with the errors of all series, when one is bad and that fails the request."""
        if self.refused and not self.partial:
            raise Refusal([error for one in self.refused.values() for error in one.errors], self.total())


def assemble(
    request: ForecastIn, task: Task, horizon: int, settings: Settings, rows_hold_future: bool = False
) -> Assembly:
    """Read and place the series of a request.

    Args:
        request: what was asked, its fields checked.
        task: of the model that will answer.
        horizon: steps ahead.
        settings: bounds.
        rows_hold_future: whether known covariates of the steps ahead stand in rows without `y`, not after them.

    Raises:
        Refusal: the request, or one of its series where that fails it, is wrong.
        Problem: 413, there are more rows than allowed.
    """
    assembly = Assembly(len(request.series), request.on_error == "partial")
    trained = Frequency.parse(task.freq)
    frequency = asked_frequency(request, trained, assembly)
    readings: dict[int, Reading] = {}
    ahead, parted = (0, bool(task.known_covariates)) if rows_hold_future else (horizon, False)
    for number, value in enumerate(request.series):
        reading = assembly.attempt(number, read_series, value, number, request, task, settings, ahead)
        if reading:
            readings[number] = reading
            assembly.names[number] = reading.name
        elif isinstance(value, dict) and isinstance(value.get("unique_id"), str):
            assembly.names[number] = value["unique_id"][:256]
    refuse_repeated_names(readings, assembly)
    zone = common_zone(readings, request, frequency, assembly)
    grid = Grid(frequency, trained, zone, horizon, settings.max_history)
    rows = 0
    for number, reading in readings.items():
        placed = assembly.attempt(number, place_series, reading, grid, request)
        if placed and parted:
            placed = assembly.attempt(number, parted_by_y, placed, reading, horizon)
        if placed:
            assembly.placed[number] = placed
            rows += len(placed.y)
            require_rows(rows, settings.max_points)
    assembly.require_complete()
    panel = build(list(assembly.placed.values()), frequency, zone, task.symbols)
    statics = [readings[number].statics for number in assembly.placed]
    panel = panel.with_statics(stacked(statics, task)) if panel and task.static_covariates else panel
    if panel and any(task.covariate_counts):
        given = [placed.covariates for placed in assembly.placed.values()]
        panel = panel.with_covariates(stacked_covariates(given, task, horizon))
    assembly.panel = panel
    return assembly


def asked_frequency(request: ForecastIn, trained: Frequency, assembly: Assembly) -> Frequency:
    """Return the frequency of the request; a spelling that pandas gave up is read, with a warning."""
    if request.freq is None:
        return trained
    try:
        frequency = Frequency.parse(request.freq)
    except PanelError as error:
        text = (
            "This must be a pandas offset alias such as 'h', '15min', 'D', 'W-SUN' or 'MS', with a step from a "
            "microsecond to a century, or a positive integer. Leave it out to use the model's."
        )
        raise Refusal.of("/freq", error.code, text) from error
    given, known = str(request.freq).split("-")[0], str(frequency.alias).split("-")[0]
    if given != known:
        assembly.warnings.append(("freq_alias", f"`freq` was read as {frequency.alias!r}."))
    return frequency


def refuse_repeated_names(readings: dict[int, Reading], assembly: Assembly) -> None:
    """Refuse every series whose id an earlier one has."""
    seen: dict[str, int] = {}
    for number, reading in list(readings.items()):
        first = seen.setdefault(reading.name, number)
        if first != number:
            del readings[number]
            text = f"Series {first} has the same `unique_id`. Give each series its own."
            assembly.refuse(number, Refusal.of(reading.at("unique_id"), "duplicate_id", text))


def common_zone(
    readings: dict[int, Reading], request: ForecastIn, frequency: Frequency, assembly: Assembly
) -> str | None:
    """Return the name of the zone that the answer comes in: the one asked for, or that of the offsets sent.

    A series without offsets, where others have them, is refused, and the other way round.
    """
    asked = None if request.timezone is None else require_zone(request.timezone)
    if frequency.is_integer:
        if asked:
            raise Refusal.of("/timezone", "timezone_unused", "Integer steps have no zone. Leave it out.")
        return None
    offsets: set[int] = set()
    first: Reading | None = None
    for number, reading in list(readings.items()):
        first = first or reading
        if (reading.times.offsets is None) != (first.times.offsets is None):
            del readings[number]
            text = "Some series have times with UTC offsets and some without. Send all with, or all without."
            assembly.refuse(number, Refusal.of(reading.at_times(), "mixed_offsets", text))
        offsets |= reading.times.offsets or frozenset()
    if asked or not offsets:
        return asked
    if len(offsets) > 1:
        text = "The times have several UTC offsets; days and the answer are in UTC. Send `timezone` for local days."
        assembly.warnings.append(("mixed_offsets", text))
    return offset_zone(offsets.pop()) if len(offsets) == 1 else UTC


def require_rows(rows: int, most: int) -> None:
    """Raise a 413 when a request has more rows than allowed."""
    if rows > most:
        text = f"The series of a request may have {most} rows together. Send fewer series, or shorter histories."
        raise Problem(413, "too_many_points", text, [ErrorItem("/series", "too_many_points", text)])


def build(placed: list[Placed], frequency: Frequency, zone: str | None, symbols: tuple[str, ...]) -> Panel | None:
    """Return the panel of all placed series."""
    if not placed:
        return None
    kind = np.int64 if frequency.is_integer else "M8[us]"
    starts = np.array([one.start for one in placed], kind)
    return Panel.from_arrays([one.name for one in placed], starts, [one.y for one in placed], frequency, zone, symbols)
