"""The leak check: what comes after a cutoff is changed, and nothing that is known at the cutoff may move by a bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from forecasting.data import covariates
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from forecasting.evaluation.backtest import RollingOrigins
from forecasting.predictor import Predictor
from forecasting.schema import CUTOFF

#: Horizons after the cutoff, where the series are long enough.
WINDOWS = 3
#: How far numbers are moved, in units of the largest one: what leaks a little is seen too.
FAR = 1e3


class FreshCopy(NamedTuple):
    """A predictor and what its training looked at.

    Attributes:
        predictor: trained before the cutoff.
        history: rows of numbers, one per look at the validation windows.
    """

    predictor: Predictor
    history: list[dict[str, float]]


@dataclass(frozen=True)
class Trial:
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
        trials: one for each change.
    """

    cutoff: str
    series: int
    is_refitted: bool
    trials: tuple[Trial, ...]

    @property
    def leaks(self) -> bool:
        """Whether anything moved."""
        return any(trial.largest > 0 for trial in self.trials)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; an infinite difference is the text `inf`."""
        trials = [
            {
                "changed": trial.changed,
                "values": trial.values,
                "differences": {name: finite(value) for name, value in trial.differences.items()},
            }
            for trial in self.trials
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
    return with_past(panel.with_values(np.where(after, np.nan, panel.y)), after, missing_like)


def far_from(values: np.ndarray) -> np.ndarray:
    """Return values [N] that are far from numbers; of texts, those of the rows before."""
    if values.dtype.kind != "f":
        return np.roll(values, 1)
    largest = float(np.nanmax(np.abs(values), initial=1.0))
    sign = np.where(np.arange(len(values)) % 2 == 0, 1.0, -1.0)
    return np.where(np.isnan(values), largest, values) + sign * np.minimum(FAR * largest, 1e300)


def missing_like(values: np.ndarray) -> np.ndarray:
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
    return RollingOrigins(series, steps, np.zeros(len(series), np.int64))


def check_leakage(
    panel: Panel, horizon: int, fit: Callable[[Panel], FreshCopy] | None, predictor: Any
) -> LeakageReport:
    """Change the future in every way, and compare what is known at the cutoff bit for bit.

    Args:
        panel: the data.
        horizon: H; up to `WINDOWS` of them lie after the cutoff.
        fit: fits a fresh copy, the same every time; None where `predictor` answers as it is.
        predictor: a trained predictor, where there is no `fit`.

    Raises:
        PanelError: no series has a row after a cutoff.
    """
    origins = cutoffs(panel, horizon)
    step = np.arange(len(panel.y)) - np.repeat(panel.offsets[:-1], panel.lengths)
    ends = np.full(panel.n_series, -1)  # of a series without a cutoff everything is future
    ends[origins.series] = origins.step
    after = step > np.repeat(ends, panel.lengths)
    before = known_at_cutoff(panel, origins, fit, predictor)
    trials = []
    for name, change in CHANGES.items():
        other = change(panel, after)
        differences = compare(before, known_at_cutoff(other, origins, fit, predictor))
        trials.append(Trial(name, int(after.sum()), differences))
    if fit is None:
        trials.append(Trial("rows gone", int(after.sum()), without_future(panel, origins, before)))
    cutoff = panel.times_after(origins.series, origins.step - 1, 1).max()
    return LeakageReport(str(cutoff), len(origins.series), fit is not None, tuple(trials))


def check_forecaster(forecaster: Any, panel: Panel) -> LeakageReport:
    """Check a forecaster: as it is where it was loaded, else fresh copies of it; see `check_leakage`."""
    if forecaster.is_loaded:
        return check_leakage(panel, forecaster.horizon, None, forecaster.predictor)

    def fit(part: Panel) -> FreshCopy:
        fresh = forecaster.copy().fit_panel(part)
        return FreshCopy(fresh.predictor, fresh.learned_.history)

    return check_leakage(panel, forecaster.horizon, fit, None)


def known_at_cutoff(
    panel: Panel, origins: RollingOrigins, fit: Callable[[Panel], FreshCopy] | None, predictor: Predictor | None
) -> dict[str, Any]:
    """Return everything that may depend on the rows before the cutoff only, by its name."""
    found: dict[str, Any] = {}
    if fit is not None:
        predictor, history = fit(origins.training_panel(panel))
        found["weights"] = [np.asarray(one) for one in predictor.network.weights if "seed_generator" not in one.path]
        found["validation"] = [np.array([*row.values()], float) for row in history]
    assert predictor is not None  # noqa: S101  (for the type checker)
    task = predictor.task
    levels = task.quantile_levels
    furthest = min(2 * task.horizon, task.max_horizon)
    if task.known_covariates:  # they are there as far as the panel goes
        furthest = min(furthest, int((panel.lengths[origins.series] - 1 - origins.step).min()))
    for name, ahead in (("forecasts", task.horizon), ("rolled out", furthest)):
        answer = predictor.predict_panel(panel, ahead, levels, (origins.series, origins.step))
        found[name] = [answer.median, answer.quantiles, answer.probabilities]
    found["predictor"] = predictor
    return found


def without_future(panel: Panel, origins: RollingOrigins, before: Mapping[str, Any]) -> dict[str, float]:
    """Return how far forecasts move when the rows after the cutoff were never there.

    The windows lie elsewhere in memory then, so that a batch may be summed in another order: the last bits may differ,
    and what is smaller than a thousandth of a thousandth of the values is none.
    """
    predictor = before["predictor"]
    task = predictor.task
    short = panel.windows(origins.series, origins.step, int(panel.lengths.max()), task.horizon)
    answer = predictor.predict_panel(short, None, task.quantile_levels)
    difference = compare(before, {"forecasts": [answer.median, answer.quantiles, answer.probabilities]})
    scale = float(np.nanmax(np.abs(answer.median), initial=0.0))
    return {name: value if value > 1e-6 * scale else 0.0 for name, value in difference.items()}


def compare(before: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    """Return the largest difference of everything that both have, 0 only where all bits agree."""
    names = [name for name in before if name in other and name != "predictor"]
    return {name: difference(before[name], other[name]) for name in names}


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
