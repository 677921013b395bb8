"""Split conformal calibration: how wide an interval has to be is read off errors on data kept apart for it.

For each step ahead h the signed errors of the calibration windows, in units of a scale that belongs to the window,

    r = (y - m) / s_lower  where y < m,    r = (y - m) / s_upper  otherwise    (m: the median or point),

are put in order. Of n of them the floor((n + 1) a)-th smallest bounds the lower level a, and the
ceil((n + 1) (1 - a))-th the upper level 1 - a: a new window whose error is exchangeable with these lies below (above)
with probability at most a, whatever the distribution and however small n is (Papadopoulos et al. 2002; Lei et al.
2018, Journal of the American Statistical Association 113, for locally weighted errors; both sides on their own as in
Linusson, Johansson & Löfström 2014). Errors of a time series are not exchangeable: neighbouring windows overlap, and
the future may differ from the past; then coverage is near the level as far as the future is like the rows kept apart.

The scale of a model with quantiles is its own: from its median to a quantile on either side (`anchor_levels`). That
of a point model is the mean absolute seasonal difference of the window's context (the unit of MASE).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import ArtifactError, RequestError, TrainingError

#: Calibration windows at most; more are thinned evenly.
MOST_WINDOWS = 5000

#: Levels whose ratios are kept; a level between two of them is answered by the outer one, so never too narrow.
LEVELS = tuple(sorted({*(round(0.005 * k, 12) for k in range(1, 200)), 0.0005, 0.001, 0.0025, 0.9975, 0.999, 0.9995}))

#: The quantiles that a model's own scale is taken from, or those of its grid that are nearest.
ANCHORS = (0.1, 0.9)

#: Range of a context, relative to its largest absolute value, up to which it counts as constant.
RELATIVE_FLOOR = 1e-12

#: A side of a model with quantiles is at least this part of the context's scale: no error is divided by 0.
LEAST_SIDE = 1e-3

#: Rounding of (n + 1) a must not move a rank.
EPSILON = 1e-9


@dataclass(frozen=True, eq=False)
class Calibration:
    """The errors of the calibration windows, as ratios to the window's scale, at few levels for each step ahead.

    Attributes:
        counts: [H] errors behind each step ahead: calibration windows whose target was observed.
        levels: [Q] ascending levels that every count supports, 0.5 among them.
        ratios: [H, Q] ratio to the scale at each level: ascending, at most 0 below the median, at least 0 above.
        spare_scale: scale of a window whose context is constant or empty, in units of y: the median over the series
            of their mean absolute seasonal difference in the training rows.
    """

    counts: NDArray[np.int64]
    levels: NDArray[np.float64]
    ratios: NDArray[np.float64]
    spare_scale: float

    @classmethod
    def of(cls, errors: NDArray[np.float64], spare_scale: float) -> Self:
        """Order the errors of the calibration windows.

        Args:
            errors: [n, H] signed ratios, NaN where nothing was observed.
            spare_scale: see `Calibration`.

        Raises:
            TrainingError: a step of the horizon was observed in no window.
        """
        counts = (~np.isnan(errors)).sum(axis=0)
        if len(errors) == 0 or counts.min() == 0:
            step = int(np.argmin(counts)) + 1
            raise TrainingError(
                f"Nothing can be calibrated on: step {step} of the horizon was observed in no calibration window. "
                "Fix: raise `calibration_windows`, or give more observed values.",
                code="no_calibration",
                field="calibration_windows",
            )
        levels = np.array([level for level in LEVELS if is_supported(level, int(counts.min()))])
        ordered = np.sort(errors, axis=0)  # NaN comes last
        ratios = [[ratio_at(ordered[:n, step], level) for level in levels] for step, n in enumerate(counts)]
        return cls(counts, levels, np.array(ratios), spare_scale)

    @property
    def windows(self) -> int:
        """The count n that decides which levels are supported: that of the step observed least often."""
        return int(self.counts.min())

    @property
    def quantile_range(self) -> tuple[float, float]:
        """The outermost levels that can be answered."""
        return float(self.levels[0]), float(self.levels[-1])

    def require_supported(self, levels: Sequence[float]) -> None:
        """Check that levels can be answered.

        Raises:
            RequestError: `calibration_size`: n windows are too few for one of them.
        """
        lowest, highest = self.quantile_range
        for level in levels:
            if lowest - EPSILON <= level <= highest + EPSILON:
                continue
            needed = math.ceil(1 / min(level, 1 - level) - EPSILON) - 1
            limit = "are needed" if needed > self.windows else "would do, but no level further out is kept"
            raise RequestError(
                f"Quantile level {level:g} cannot be answered: the model is calibrated on n = {self.windows} windows, "
                f"{needed} {limit}. Fix: ask for levels from {lowest:g} to {highest:g}, or train with more "
                "`calibration_windows`.",
                code="calibration_size",
                field="quantile_levels",
            )

    def columns(self, levels: Sequence[float]) -> NDArray[np.int64]:
        """Return the position of the level that answers each supported one: itself, or the next one outwards."""
        asked = np.asarray(levels, np.float64)
        below = np.searchsorted(self.levels, asked + EPSILON, side="right") - 1
        above = np.searchsorted(self.levels, asked - EPSILON, side="left")
        return np.where(asked <= 0.5, below, above)

    def quantiles(self, median: NDArray[np.float64], sides: Sides, levels: Sequence[float]) -> NDArray[np.float64]:
        """Return the calibrated quantiles [W, H', Q'] at supported levels; steps beyond H take the ratios of step H.

        Args:
            median: [W, H'] the model's median or point.
            sides: its scales.
            levels: ascending.
        """
        steps = np.minimum(np.arange(median.shape[1]), len(self.ratios) - 1)
        ratios = self.ratios[steps][:, self.columns(levels)]
        scale = np.where(ratios < 0, sides.lower[:, :, None], sides.upper[:, :, None])
        with np.errstate(over="ignore", invalid="ignore"):
            return median[:, :, None] + scale * ratios

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "counts": self.counts.tolist(),
            "levels": self.levels.tolist(),
            "ratios": self.ratios.tolist(),
            "spare_scale": self.spare_scale,
        }

    @classmethod
    def from_dict(cls, values: Any, horizon: int) -> Self:
        """Build from the JSON form.

        Raises:
            ArtifactError: it is not what `to_dict` gives for this horizon.
        """
        try:
            if set(values) != {"counts", "levels", "ratios", "spare_scale"}:
                raise ValueError("the fields must be counts, levels, ratios and spare_scale")
            counts, spare = np.array(values["counts"]), values["spare_scale"]
            levels, ratios = np.array(values["levels"], np.float64), np.array(values["ratios"], np.float64)
            found = cls(counts, levels, ratios, spare)
            found.require_sound(horizon)
        except (TypeError, ValueError) as error:
            text = f"The calibration is not one of this model: {error}. Fix: fetch or train the model again."
            raise ArtifactError(text, code="calibration") from error
        return found

    def require_sound(self, horizon: int) -> None:
        """Raise a `ValueError` where the numbers are not those of a calibration over `horizon` steps."""
        counts, levels, ratios, spare = self.counts, self.levels, self.ratios, self.spare_scale
        if counts.shape != (horizon,) or counts.dtype.kind != "i" or counts.min() < 1:
            raise ValueError(f"`counts` must be {horizon} integers of at least 1")
        if not isinstance(spare, float) or not 0 < spare < math.inf:
            raise ValueError("`spare_scale` must be a number above 0")
        if levels.tolist() != [level for level in LEVELS if is_supported(level, self.windows)]:
            raise ValueError("`levels` must be those that `counts` support")
        if ratios.shape != (horizon, len(levels)) or not np.isfinite(ratios).all():
            raise ValueError(f"`ratios` must be {horizon} rows of {len(levels)} finite numbers")
        outwards = ratios * np.sign(levels - 0.5)
        if (np.diff(ratios, axis=1) < 0).any() or (outwards < 0).any() or ratios[:, levels == 0.5].any():
            raise ValueError("`ratios` must ascend with the level through 0 at the median")


@dataclass(frozen=True, eq=False)
class Sides:
    """What an error is measured by, in units of y, above 0.

    Attributes:
        lower: [W, H] scale of errors below the median.
        upper: [W, H] scale of errors above it.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    @classmethod
    def of(
        cls, median: NDArray[np.float64], anchors: NDArray[np.float64], contexts: NDArray[np.float64], by: ContextScale
    ) -> Self:
        """Return the scales of W windows.

        Args:
            median: [W, H].
            anchors: [W, H, 2] the model's quantiles below and above the median; [W, H, 0] of a point model.
            contexts: [W, L] observed values, NaN where missing.
            by: the scale of a context.
        """
        scale, is_constant = by(contexts)
        if anchors.shape[2] == 0:
            both = np.repeat(scale[:, None], median.shape[1], axis=1)
            return cls(both, both)
        least = np.where(is_constant, scale, LEAST_SIDE * scale)[:, None]
        return cls(np.fmax(median - anchors[:, :, 0], least), np.fmax(anchors[:, :, 1] - median, least))

    def ratios(self, error: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return signed errors [W, H] in units of the scale of their side."""
        return error / np.where(error < 0, self.lower, self.upper)


@dataclass(frozen=True)
class ContextScale:
    """The scale of a context: its mean absolute seasonal difference, over pairs that were both observed.

    Where that is 0 or there is no pair (the context is no longer than a season), the standard deviation; where the
    context is constant or empty, `spare`: nothing in it says how far the series may move.

    Attributes:
        period: season in steps.
        spare: scale of a context that has none.
    """

    period: int
    spare: float

    def __call__(self, contexts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the scale [W] of contexts [W, L], finite and above 0, and which of them are constant or empty [W]."""
        low, high = np.fmin.reduce(contexts, axis=1), np.fmax.reduce(contexts, axis=1)
        with np.errstate(all="ignore"):
            span = high - low
            is_constant = ~(span > RELATIVE_FLOOR * np.maximum(np.abs(low), np.abs(high)))
            unit = (contexts - low[:, None]) / span[:, None]  # in [0, 1]: nothing overflows
            seasonal = mean_observed(np.abs(unit[:, self.period :] - unit[:, : -self.period]))
            spread = np.sqrt(mean_observed((unit - mean_observed(unit)[:, None]) ** 2))
            scale = np.where(seasonal > 0, seasonal, spread) * span
        return np.where(np.isfinite(scale) & (scale > 0) & ~is_constant, scale, self.spare), is_constant


def mean_observed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row of values [W, N] without its NaN; NaN where a row has no other."""
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float64] = np.where(present, values, 0.0).sum(axis=1) / present.sum(axis=1)
    return mean


def is_supported(level: float, n: int) -> bool:
    """Whether n errors bound a level: there is a rank for it, (n + 1) min(a, 1 - a) >= 1."""
    return level == 0.5 or (n + 1) * min(level, 1 - level) >= 1 - EPSILON


def ratio_at(ordered: NDArray[np.float64], level: float) -> float:
    """Return the order statistic of ascending errors [n] that bounds a supported level, on its side of the median."""
    rank = (len(ordered) + 1) * level
    if level == 0.5:
        return 0.0
    if level < 0.5:
        return min(float(ordered[math.floor(rank + EPSILON) - 1]), 0.0)
    return max(float(ordered[math.ceil(rank - EPSILON) - 1]), 0.0)


def anchor_levels(grid: Sequence[float]) -> tuple[float, ...]:
    """Return the two levels of a model's grid that its own scale is taken from; none where a side has no level."""
    below, above = [q for q in grid if q < 0.5], [q for q in grid if q > 0.5]
    if not below or not above:
        return ()
    return min(below, key=lambda q: abs(q - ANCHORS[0])), min(above, key=lambda q: abs(q - ANCHORS[1]))
