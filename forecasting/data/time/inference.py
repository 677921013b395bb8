"""Which step is the commonest between the timestamps of a panel, and what pandas calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.time.grids import MICROSECONDS_PER_DAY, month_day, month_number, split_day, weekday
from forecasting.errors import PanelError

# A step between two rows is one number: its size times four plus its kind, so that steps can be counted as integers.
_FIXED, _MONTH_START, _MONTH_END = 0, 1, 2
_KINDS = 4
_LONGEST_STEP = 2**60  # longer ones are no frequency, and their labels would not fit into 64 bits
_DAY = MICROSECONDS_PER_DAY
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAY_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_UNITS = (("D", _DAY), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1))


@dataclass(frozen=True)
class _Steps:
    """The steps between neighbouring rows of one series: sizes as labels, with the series and the later row of each."""

    label: NDArray[np.int64]
    series: NDArray[np.int64]
    later: NDArray[np.int64]


def alias_of_steps(codes: NDArray[np.int64], times: NDArray[Any], ids: NDArray[Any]) -> str | int:
    """Return the alias (or integer) of the commonest step of the commonest series; see `infer_frequency`."""
    steps = _steps(codes, times)
    modes = _modes(steps, len(ids))
    label = _commonest(modes, steps, times, ids)
    is_time = times.dtype.kind == "M"
    if not is_time:
        return label // _KINDS
    of_winners = np.flatnonzero((modes == label)[steps.series])
    return _alias(label, times[steps.later[of_winners]], steps.label[of_winners])


def commonest_steps(codes: NDArray[np.int64], times: NDArray[Any], n_series: int) -> list[str | None]:
    """Return the name of each series' own commonest step; None where it has fewer than two rows or a tie."""
    steps = _steps(codes, times)
    modes = _modes(steps, n_series)
    return [_describe(label, times) if label >= 0 else None for label in modes.tolist()]


def _steps(codes: NDArray[np.int64], times: NDArray[Any]) -> _Steps:
    later = np.flatnonzero(codes[1:] == codes[:-1]) + 1
    numbers: NDArray[np.int64] = times.astype(np.int64, copy=False)
    label: NDArray[np.int64] = np.subtract(numbers[1:], numbers[:-1])[later - 1]
    np.minimum(label, _LONGEST_STEP, out=label)
    label *= _KINDS
    if times.dtype.kind == "M":
        label = _with_months(label, times, later)
    keep = label > 0
    if keep.all():
        return _Steps(label, codes[later], later)
    return _Steps(label[keep], codes[later[keep]], later[keep])


def _with_months(label: NDArray[np.int64], times: NDArray[Any], later: NDArray[np.int64]) -> NDArray[np.int64]:
    """Relabel steps of whole months from month start to month start, or end to end."""
    long = np.flatnonzero(label >= 28 * _DAY * _KINDS)
    (day, clock), (day_before, clock_before) = split_day(times[later[long]]), split_day(times[later[long] - 1])
    month, month_before = month_number(day), month_number(day_before)
    label = label.copy()
    for kind, at_end in ((_MONTH_END, True), (_MONTH_START, False)):
        both = (day == month_day(month, at_end)) & (day_before == month_day(month_before, at_end))
        whole = both & (clock == clock_before)
        label[long[whole]] = (month - month_before)[whole] * _KINDS + kind
    return label


def _modes(steps: _Steps, n_series: int) -> NDArray[np.int64]:
    """Return the commonest label of each series; -1 where there is none or a tie."""
    modes = np.full(n_series, -1, np.int64)
    if len(steps.label) == 0:
        return modes
    if steps.label.min() == steps.label.max():  # a regular panel: nothing to count, and no memory to count it in
        modes[np.bincount(steps.series, minlength=n_series) > 0] = steps.label[0]
        return modes
    kind_of_step, labels = pd.factorize(steps.label)
    pairs, counts = np.unique(steps.series * len(labels) + kind_of_step, return_counts=True)
    series, kind = np.divmod(pairs, len(labels))
    order = np.lexsort((counts, series))
    series, kind, counts = series[order], kind[order], counts[order]
    last = np.flatnonzero(np.append(np.diff(series) != 0, True))
    previous = np.maximum(last - 1, 0)
    tied = (last > 0) & (series[previous] == series[last]) & (counts[previous] == counts[last])
    modes[series[last[~tied]]] = np.asarray(labels)[kind[last[~tied]]]
    return modes


def _commonest(modes: NDArray[np.int64], steps: _Steps, times: NDArray[Any], ids: NDArray[Any]) -> int:
    """Return the label that most series have; series that cannot decide are asked only when no other is there."""
    if len(steps.label) == 0:
        raise PanelError(
            "The frequency is unknown: no series has two rows with different times. "
            "Fix: pass `freq`, for example freq='h'.",
            code="freq_unknown",
            field="freq",
        )
    decided = modes[modes >= 0]
    labels, counts = np.unique(decided if len(decided) else steps.label, return_counts=True)
    winners = labels[counts == counts.max()]
    if len(winners) == 1:
        return int(winners[0])
    raise _ambiguous(winners[:2].tolist(), modes, steps, times, ids)


def _ambiguous(
    labels: list[int], modes: NDArray[np.int64], steps: _Steps, times: NDArray[Any], ids: NDArray[Any]
) -> PanelError:
    examples = []
    for label in labels:
        decided = np.flatnonzero(modes == label)
        series = decided[0] if len(decided) else steps.series[np.flatnonzero(steps.label == label)[0]]
        examples.append((_describe(label, times), str(ids[series])))
    (one, one_series), (other, other_series) = sorted(examples, key=lambda example: example[1])
    return PanelError(
        f"The frequency is ambiguous: a step of {one} (series {one_series!r}) and one of {other} "
        f"(series {other_series!r}) are equally common. Fix: pass `freq`, or split the data by frequency.",
        code="freq_ambiguous",
        series=one_series,
        field="freq",
    )


def _describe(label: int, times: NDArray[Any]) -> str:
    """Return a step in words of pandas, without the anchors that need all rows."""
    size, kind = divmod(label, _KINDS)
    if times.dtype.kind != "M":
        return str(size)
    return _fixed_alias(size) if kind == _FIXED else _multiple(size, "MS" if kind == _MONTH_START else "ME")


def _alias(label: int, times: NDArray[Any], labels: NDArray[np.int64]) -> str:
    """Return the pandas alias of a step, anchored where all `times` (rows of the deciding series) agree."""
    size, kind = divmod(label, _KINDS)
    day, _ = split_day(times[labels == label])
    if kind != _FIXED:
        return _month_alias(size, "S" if kind == _MONTH_START else "E", month_number(day))
    if size == _DAY and _skips_weekends(times, labels):
        return "B"
    weekdays = np.unique(weekday(day))
    if size % (7 * _DAY) == 0 and len(weekdays) == 1:
        return _multiple(size // (7 * _DAY), f"W-{_WEEKDAY_NAMES[weekdays[0]]}")
    return _fixed_alias(size)


def _month_alias(size: int, side: str, months: NDArray[np.int64]) -> str:
    for period, letter in ((12, "Y"), (3, "Q")):
        residues = np.unique(months % period)
        if size % period == 0 and len(residues) == 1:
            # pandas names quarters by their first starting month, or by the month that ends the year
            anchor = residues[0] if side == "S" or period == 12 else residues[0] + 9
            return _multiple(size // period, f"{letter}{side}-{_MONTH_NAMES[anchor]}")
    return _multiple(size, f"M{side}")


def _skips_weekends(times: NDArray[Any], labels: NDArray[np.int64]) -> bool:
    """Whether no row is on a weekend and at least one step leads from a Friday to a Monday."""
    day = weekday(split_day(times)[0])
    over_weekend = (labels == 3 * _DAY * _KINDS) & (day == 0)
    return bool(over_weekend.any() and not (day >= 5).any())


def _fixed_alias(size: int) -> str:
    unit, length = next((unit, length) for unit, length in _UNITS if size % length == 0)
    return _multiple(size // length, unit)


def _multiple(count: int, alias: str) -> str:
    return alias if count == 1 else f"{count}{alias}"
