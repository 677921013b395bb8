"""The leak check: what comes after a cutoff is changed, and nothing that is known at the cutoff may move by a bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from forecasting.data import covariates
from forecasting.data.origins import Origins, RollingOrigins
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from forecasting.prediction.question import Question
from forecasting.schema import CUTOFF

if TYPE_CHECKING:
    from forecasting.prediction.answer import Answer
    from forecasting.prediction.predictor import Predictor

#: Horizons after the cutoff, where the series are long enough.
WINDOWS = 3
#: How far numbers are moved, in units of the largest one: what leaks a little is seen too.
FAR = 1e3


class FreshCopy(Protocol):
    """What a training leaves: a model, and what it looked at."""

    @property
    def predictor(self) -> Predictor:
        """The model, trained before the cutoff."""

    @property
    def looks(self) -> list[dict[str, float]]:
        """Rows of numbers, one per look at the validation windows."""


#: Fits a fresh copy on a panel, the same every time.
Fit = Callable[[Panel], FreshCopy]


@dataclass(frozen=True)
class Effect:
    """One change of the future, and how far it moved what was known before.

    Attributes:
        changed: what was changed: `numbers`, `missing` or `rows gone`.
        values: how many values were changed.
        differences: the largest difference of each thing compared; infinite where one is a number and one is not.
    """

    changed: str
    values: int
    differences: dict[str, float]

    @property
    def largest(self) -> float:
        """The largest difference of all."""
        return max(self.differences.values())


@dataclass(frozen=True)
class LeakageReport:
    """What the check found.

    Attributes:
        cutoff: the latest cutoff of any series, as the caller writes times.
        series: how many series have a cutoff.
        is_refitted: whether a fresh copy was fitted before the cutoff, once for every change.
        effects: one for each change.
    """

    cutoff: str
    series: int
    is_refitted: bool
    effects: tuple[Effect, ...]

    @property
    def leaks(self) -> bool:
        """Whether anything moved."""
        return any(effect.largest > 0 for effect in self.effects)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; an infinite difference is the text `inf`."""
        trials = [
            {
                "changed": effect.changed,
                "values": effect.values,
                "differences": {name: finite(value) for name, value in effect.differences.items()},
            }
            for effect in self.effects
        ]
        facts = {CUTOFF: self.cutoff, "series": self.series, "refitted": self.is_refitted}
        return {"leaks": self.leaks, **facts, "trials": trials}


def finite(value: float) -> float | str:
    """Return a number as JSON can say it."""
    return value if np.isfinite(value) else "inf"


def moved_numbers(panel: Panel, after: np.ndarray) -> Panel:
    """Return the panel with other values [N] after the cutoff, of y and of what only the past knows."""
    if panel.symbols:
        changed = panel.with_values(np.where(after, (panel.y + 1) % len(panel.symbols), panel.y))
    else:
        changed = panel.with_values(np.where(after, far_from(panel.y), panel.y))
    return with_past(changed, after, far_from)


def made_missing(panel: Panel, after: np.ndarray) -> Panel:
    """Return the panel without values after the cutoff, of y and of what only the past knows."""
    return with_past(panel.with_values(np.where(after, np.nan, panel.y)), after, all_missing)


def far_from(values: np.ndarray) -> np.ndarray:
    """Return values [N] that are far from numbers; of texts, those of the rows before."""
    if values.dtype.kind != "f":
        return np.roll(values, 1)
    largest = float(np.nanmax(np.abs(values), initial=1.0))
    sign = np.where(np.arange(len(values)) % 2 == 0, 1.0, -1.0)
    return np.where(np.isnan(values), largest, values) + sign * np.minimum(FAR * largest, 1e300)


def all_missing(values: np.ndarray) -> np.ndarray:
    """Return as many missing values [N] of the same kind."""
    return covariates.missing_like(values, len(values))


def with_past(panel: Panel, after: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> Panel:
    """Return the panel with past-only covariates changed after the cutoff; known ones may be read ahead, and stay."""
    past = {name: np.where(after, change(values), values) for name, values in panel.covariates.past.items()}
    return panel.with_covariates(replace(panel.covariates, past=past))


#: Changes of what comes after a cutoff: from a panel and the rows [N] after it to another panel of the same rows.
CHANGES: Mapping[str, Callable[[Panel, np.ndarray], Panel]] = {"numbers": moved_numbers, "missing": made_missing}


def cutoffs(panel: Panel, horizon: int) -> RollingOrigins:
    """Return one origin for each series that has two rows before it and a horizon after it.

    Raises:
        PanelError: no series is that long.
    """
    windows = np.minimum((panel.lengths - 2) // horizon, WINDOWS)
    series = np.flatnonzero(windows >= 1)
    if len(series) == 0:
        longest = int(panel.lengths.max(initial=0))
        text = f"The leak check needs a series of {horizon + 2} rows: two and a horizon. The longest has {longest}."
        raise PanelError(f"{text} Fix: give longer series, or ask for a shorter horizon.", code="too_short")
    steps = panel.lengths[series] - 1 - windows[series] * horizon
    return RollingOrigins(Origins(series, steps), np.zeros(len(series), np.int64))


def leakage_of(panel: Panel, horizon: int, predictor: Predictor) -> LeakageReport:
    """Change the future in every way, and compare what a trained predictor says at the cutoff bit for bit.

    Args:
        panel: the data.
        horizon: H; up to `WINDOWS` of them lie after the cutoff.
        predictor: answers as it is.

    Raises:
        PanelError: no series has a row after a cutoff.
    """
    rolling = cutoffs(panel, horizon)

    def known(part: Panel) -> Known:
        return Known.of(predictor, part, rolling.origins)

    after, before = rows_after(panel, rolling.origins), known(panel)
    effects = effects_of(panel, after, before, known)
    gone = Effect("rows gone", int(after.sum()), without_future(panel, rolling.origins, predictor, before))
    return report(panel, rolling.origins, False, (*effects, gone))


def leakage_of_training(panel: Panel, horizon: int, fit: Fit) -> LeakageReport:
    """Change the future in every way, fit a fresh copy each time, and compare weights, validation and forecasts.

    Args:
        panel: the data.
        horizon: H; up to `WINDOWS` of them lie after the cutoff.
        fit: fits a fresh copy.

    Raises:
        PanelError: no series has a row after a cutoff.
    """
    rolling = cutoffs(panel, horizon)

    def known(part: Panel) -> Known:
        fresh = fit(part.known_at(rolling))
        return Known.of(fresh.predictor, part, rolling.origins).with_training(fresh)

    effects = effects_of(panel, rows_after(panel, rolling.origins), known(panel), known)
    return report(panel, rolling.origins, True, effects)


def rows_after(panel: Panel, origins: Origins) -> NDArray[np.bool_]:
    """Return which rows [N] come after the cutoff of their series; of a series without a cutoff all do."""
    step = np.arange(len(panel.y)) - np.repeat(panel.offsets[:-1], panel.lengths)
    ends = np.full(panel.n_series, -1)
    ends[origins.series] = origins.steps
    return step > np.repeat(ends, panel.lengths)


def effects_of(
    panel: Panel, after: NDArray[np.bool_], before: Known, known: Callable[[Panel], Known]
) -> tuple[Effect, ...]:
    """Return what each change of the rows `after` [N] moves of what was known before."""
    return tuple(
        Effect(name, int(after.sum()), differences_between(before.parts, known(change(panel, after)).parts))
        for name, change in CHANGES.items()
    )


def report(panel: Panel, origins: Origins, is_refitted: bool, effects: tuple[Effect, ...]) -> LeakageReport:
    """Return the report of a check."""
    cutoff = panel.times_after(origins.later(-1), 1).max()
    return LeakageReport(str(cutoff), len(origins), is_refitted, effects)


@dataclass(frozen=True)
class Known:
    """Everything that may depend on the rows before the cutoff only.

    Attributes:
        parts: arrays by what they are.
    """

    parts: Mapping[str, list[NDArray[Any]]]

    @classmethod
    def of(cls, predictor: Predictor, panel: Panel, origins: Origins) -> Known:
        """Return what a predictor says at the cutoff."""
        task = predictor.task
        furthest = min(2 * task.horizon, task.max_horizon)
        if task.known_covariates:  # they are there as far as the panel goes
            furthest = min(furthest, int((panel.lengths[origins.series] - 1 - origins.steps).min()))
        parts = {}
        for name, ahead in (("forecasts", task.horizon), ("rolled out", furthest)):
            question = Question(ahead, quantile_levels=answered_levels(predictor))
            parts[name] = numbers_of(predictor.predict_panel(panel, question, origins))
        return cls(parts)

    def with_training(self, fresh: FreshCopy) -> Known:
        """Return the same with what a training has found."""
        variables = fresh.predictor.network.weights
        weights = [np.asarray(one) for one in variables if "seed_generator" not in one.path]
        validation = [np.array([*row.values()], float) for row in fresh.looks]
        return Known({"weights": weights, "validation": validation, **self.parts})


def answered_levels(predictor: Predictor) -> tuple[float, ...]:
    """Return the levels of its task that a predictor can answer; few windows of a calibration support few of them."""
    return tuple(level for level in predictor.task.quantile_levels if predictor.answers([level]))


def numbers_of(answer: Answer) -> list[NDArray[np.float64]]:
    """Return all numbers of an answer."""
    return [answer.median, answer.quantiles, answer.probabilities]


def without_future(panel: Panel, origins: Origins, predictor: Predictor, before: Known) -> dict[str, float]:
    """Return how far forecasts move when the rows after the cutoff were never there.

    The windows lie elsewhere in memory then, so that a batch may be summed in another order: the last bits may differ,
    and what is smaller than a thousandth of a thousandth of the values is none.
    """
    task = predictor.task
    short = panel.windows(origins, int(panel.lengths.max()), task.horizon)
    answer = predictor.predict_panel(short, Question(task.horizon, quantile_levels=answered_levels(predictor)))
    difference = differences_between(before.parts, {"forecasts": numbers_of(answer)})
    scale = float(np.nanmax(np.abs(answer.median), initial=0.0))
    return {name: value if value > 1e-6 * scale else 0.0 for name, value in difference.items()}


def differences_between(
    before: Mapping[str, list[NDArray[Any]]], other: Mapping[str, list[NDArray[Any]]]
) -> dict[str, float]:
    """Return the largest difference of everything that both have, 0 only where all bits agree."""
    return {name: difference(before[name], other[name]) for name in before if name in other}


def difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """Return the largest difference of two lists of arrays; infinite where they are not comparable."""
    if len(one) != len(other) or any(a.shape != b.shape for a, b in zip(one, other, strict=False)):
        return float("inf")
    largest = 0.0
    for a, b in zip(one, other, strict=True):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        if not same.all():
            apart = np.abs(a[~same].astype(np.float64) - b[~same].astype(np.float64))
            largest = max(largest, float(np.where(np.isnan(apart), np.inf, apart).max()))
    return largest
