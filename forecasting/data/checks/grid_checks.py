"""Whether the rows of every series lie on the grid of a frequency, one on each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.findings import Finding
from forecasting.data.checks.rows import Rows
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.inference import commonest_steps
from forecasting.schema import DS


@dataclass(frozen=True, eq=False)
class GridFit:
    """Where the rows lie on the grid.

    Attributes:
        step: [N] steps from the series' anchor; negative before it.
        on_grid: [N] whether the row lies on a point of the grid.
        anchor: [S] row of step 0 of each series.
        mismatched: [S] whether the series plainly has another frequency.
        gap_after: [G] rows that are followed by missing points of the grid.
        gap_size: [G] how many are missing there.
    """

    step: NDArray[np.int64]
    on_grid: NDArray[np.bool_]
    anchor: NDArray[np.int64]
    mismatched: NDArray[np.bool_]
    gap_after: NDArray[np.int64]
    gap_size: NDArray[np.int64]


def fit_grid(rows: Rows, frequency: Frequency) -> GridFit:
    """Count every row in steps of `frequency` from the start of its series.

    A series is anchored at its first row, or at a later one when more of its rows lie on that grid: the first may be
    the one that is off.
    """
    first, lengths = rows.first, rows.lengths
    anchor = first
    step, on_grid = frequency.steps(rows.times[anchor][rows.codes], rows.times)
    hits = np.add.reduceat(on_grid, first, dtype=np.int64)
    for candidate in (first + (lengths - 1) // 2, first + lengths - 1):
        if (2 * hits > lengths).all():
            break
        other_step, other_on_grid = frequency.steps(rows.times[candidate][rows.codes], rows.times)
        other_hits = np.add.reduceat(other_on_grid, first, dtype=np.int64)
        better = (other_hits > hits) & (2 * hits <= lengths)
        anchor, hits = np.where(better, candidate, anchor), np.where(better, other_hits, hits)
        step = np.where(better[rows.codes], other_step, step)
        on_grid = np.where(better[rows.codes], other_on_grid, on_grid)
    mismatched = 2 * hits <= lengths
    kept, codes, steps = np.flatnonzero(on_grid & ~mismatched[rows.codes]), rows.codes, step
    if len(kept) < len(codes):
        codes, steps = codes[kept], step[kept]
    inside = codes[1:] == codes[:-1]
    jump = np.diff(steps)
    jump[~inside] = 1
    if (jump > 1).any():
        mismatched |= _mostly_longer(codes[1:][inside], jump[inside], len(rows.ids))
    gaps = np.flatnonzero((jump > 1) & ~mismatched[codes[1:]])
    return GridFit(step, on_grid, anchor, mismatched, kept[gaps], jump[gaps] - 1)


def _mostly_longer(codes: NDArray[np.int64], jump: NDArray[np.int64], n_series: int) -> NDArray[np.bool_]:
    """Return which series take the same longer step more often than not: hours in a panel of minutes."""
    order = np.lexsort((jump, codes))
    count = np.bincount(codes, minlength=n_series)
    median = np.ones(n_series, np.int64)
    has_rows = count > 0
    median[has_rows] = jump[order][(np.cumsum(count) - count + count // 2)[has_rows]]
    same = np.bincount(codes, jump == median[codes], n_series)
    return (count >= 2) & (median > 1) & (2 * same > count)


def check_grid(rows: Rows, frequency: Frequency, fit: GridFit) -> list[Finding]:
    """Return the findings about series of another frequency, rows between the points, and missing points."""
    return [*_mismatched(rows, frequency, fit), *_off_grid(rows, frequency, fit), *_gaps(rows, fit)]


def _mismatched(rows: Rows, frequency: Frequency, fit: GridFit) -> list[Finding]:
    series = np.flatnonzero(fit.mismatched)
    if len(series) == 0:
        return []
    at = np.flatnonzero(rows.codes == series[0])
    own = commonest_steps(np.zeros(len(at), np.int64), rows.times[at], 1)[0]
    steps = f"has a commonest step of {own}" if own else "does not start on a point of that grid"
    name = str(rows.ids[series[0]])
    text = (
        f"{len(series)} of {len(rows.ids)} series do not have the frequency {frequency.alias!r}: "
        f"series {name!r} {steps} (from {rows.time(at[0])}, row {rows.row(at[0])})."
    )
    fix = "pass the right `freq`, or split the data into one frame per frequency."
    return [Finding("freq_mismatch", "error", len(series), name, rows.row(at[0]), text, fix, DS, rows.places(at[:1]))]


def _off_grid(rows: Rows, frequency: Frequency, fit: GridFit) -> list[Finding]:
    at = np.flatnonzero(~fit.on_grid & ~fit.mismatched[rows.codes])
    if len(at) == 0:
        return []
    text = (
        f"{len(at)} rows lie between the points of the grid {frequency.alias!r} of their series, "
        f"first {rows.where(at[0])} at {rows.time(at[0])}."
    )
    fix = "move or drop these rows (`forecast check DATA --fix OUT` drops them), or pass the right `freq`."
    return [Finding("off_grid", "error", len(at), rows.series(at[0]), rows.row(at[0]), text, fix, DS, rows.places(at))]


def _gaps(rows: Rows, fit: GridFit) -> list[Finding]:
    if len(fit.gap_after) == 0:
        return []
    at, missing = fit.gap_after[0], int(fit.gap_size.sum())
    n_series, places = len(np.unique(rows.codes[fit.gap_after])), rows.places(fit.gap_after)
    text = (
        f"{missing} timestamps are missing in {n_series} of {len(rows.ids)} series; the first gap is of "
        f"{fit.gap_size[0]} steps after {rows.time(at)}, {rows.where(at)}."
    )
    fix = "`forecast check DATA --fix OUT` inserts the missing rows as missing values."
    return [Finding("missing_timestamps", "error", missing, rows.series(at), rows.row(at), text, fix, DS, places)]
