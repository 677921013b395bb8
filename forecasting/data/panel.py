"""The panel: many regular series as one contiguous array, validated once and never again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.data.checks.checks import check_frame
from forecasting.data.checks.rows import time_text
from forecasting.data.covariates import Covariates, Cut, count_up, read_covariates
from forecasting.data.origins import Origins, RollingOrigins
from forecasting.data.statics import read_statics
from forecasting.data.time.calendar import Frequency
from forecasting.data.time.zones import check_zone, to_caller, to_wall_clock
from forecasting.errors import PanelError, RequestError
from forecasting.schema import DS, Y

#: Rows that are copied at once where all are gone through.
ROWS_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class Panel:
    """S regular series of N rows in all, end to end. Build one with `from_frame` or `from_arrays`.

    Times are datetime64[us]: UTC for steps of hours and shorter when the caller gave a zone, the zone's wall clock for
    days and longer, as they came when naive; int64 for integer steps.

    Attributes:
        ids: [S] object, names of the series.
        offsets: [S + 1] int64; series s has the rows offsets[s] to offsets[s + 1].
        y: [N] float64 in original units, NaN where missing.
        starts: [S] time of the first row of each series.
        frequency: the step between two rows.
        timezone: name of the caller's zone; None for naive times and integers.
        symbols: what the codes 0, 1, ... in `y` stand for; none where `y` holds numbers.
        statics: [S] values of each static covariate by its name, float64 or texts.
        covariates: columns beside `y`, those known ahead with rows of the future.
    """

    ids: NDArray[Any]
    offsets: NDArray[np.int64]
    y: NDArray[np.float64]
    starts: NDArray[Any]
    frequency: Frequency
    timezone: str | None = None
    symbols: tuple[str, ...] = ()
    statics: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    covariates: Covariates = field(default_factory=Covariates)

    def __post_init__(self) -> None:
        for array in (self.ids, self.offsets, self.y, self.starts):
            array.flags.writeable = False

    @staticmethod
    def from_frame(
        frame: pd.DataFrame,
        freq: str | int | None = None,
        symbols: tuple[str, ...] = (),
        statics: Sequence[str] = (),
        known: Sequence[str] = (),
        past: Sequence[str] = (),
    ) -> Panel:
        """Read a long frame: `unique_id, ds, y` (or `item_id, timestamp, target`), rows in any order.

        Without an id column the frame is one series. The series of the panel are sorted by id. Missing values stay.

        Args:
            frame: other columns are ignored.
            freq: pandas offset alias or integer step; None infers it.
            symbols: alphabet of a target that holds symbols (`symbols.alphabet_of` finds it); none for numbers.
            statics: columns that hold static covariates, the same value in every row of a series.
            known: columns that hold covariates known ahead; `forecasting.data.future` adds the rows of the future.
            past: columns that hold covariates known of the past alone.

        Raises:
            PanelError: the first error that `audit` finds; `code`, `series`, `row` and `field` say what and where.
        """
        checked = check_frame(frame, freq, symbols, [*statics, *known, *past])
        rows, frequency, _ = checked.passed()
        values = read_statics(frame, statics, checked.names, rows.ids)
        starts = rows.times[rows.first]
        offsets, beside = _offsets(rows.lengths), read_covariates(frame, known, past, rows)
        y = rows.y.copy()  # the frame's own numbers, where these were in order: they are the caller's to change
        return Panel(rows.ids, offsets, y, starts, frequency, rows.timezone, symbols, values, beside)

    @staticmethod
    def from_arrays(
        ids: Sequence[str],
        starts: Any,
        ys: Sequence[Any],
        frequency: Frequency,
        timezone: str | None = None,
        symbols: tuple[str, ...] = (),
    ) -> Panel:
        """Build a panel without a frame; the series keep their order.

        Args:
            ids: [S] names, each once.
            starts: [S] time of each first row, on the clock of `Panel` (see there).
            ys: S sequences of numbers, NaN where missing, at least one row each.
            frequency: the step between two rows.
            timezone: name of the zone that answers come in.
            symbols: what the codes in `ys` stand for; none for numbers.

        Raises:
            PanelError: `empty`, `duplicate_id`, `y_dtype`, `y_infinite`, `ds_dtype`, `off_grid`, `timezone_unknown`.
        """
        names = np.array([*map(str, ids), None], object)[:-1]
        arrays = [_values(name, values) for name, values in zip(names, ys, strict=True)]
        if not arrays:
            raise PanelError("There are no series. Fix: pass at least one.", code="empty")
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise PanelError(f"The id {twice!r} is given twice. Fix: rename one.", code="duplicate_id", series=twice)
        if timezone is not None:
            check_zone(timezone)
        return Panel.from_checked(names, _starts(names, starts, frequency), arrays, frequency, timezone, symbols)

    @staticmethod
    def from_checked(
        ids: Iterable[str],
        starts: NDArray[Any],
        ys: Sequence[NDArray[np.float64]],
        frequency: Frequency,
        timezone: str | None = None,
        symbols: tuple[str, ...] = (),
    ) -> Panel:
        """Build a panel of what a border has checked: as `from_arrays`, which checks it too, and nothing is checked.

        Args:
            ids: [S] names, each once, at least one.
            starts: [S] points of the grid, datetime64[us] or int64, on the clock of `Panel`.
            ys: S arrays of finite numbers or NaN, at least one row each.
            frequency: the step between two rows.
            timezone: name of a known zone.
            symbols: what the codes in `ys` stand for; none for numbers.
        """
        names = np.array([*ids, None], object)[:-1]
        lengths = np.array([len(y) for y in ys], np.int64)
        return Panel(names, _offsets(lengths), np.concatenate(ys), starts, frequency, timezone, symbols)

    @property
    def n_series(self) -> int:
        """S."""
        return len(self.ids)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[S] rows of each series."""
        return np.diff(self.offsets)

    def grid(self, extra: int = 0) -> NDArray[Any]:
        """Return the times of all rows, with `extra` future rows after each series: [N + S * extra]."""
        counts = self.lengths + extra
        return self.frequency.times(np.repeat(self.starts, counts), count_up(counts))

    @property
    def origins(self) -> Origins:
        """The last row of each series, from which a forecast of what follows starts."""
        return Origins.at_ends(self.lengths)

    def times_after(self, origins: Origins, count: int) -> NDArray[Any]:
        """Return the times [W, count] of the `count` steps after origins."""
        ahead = origins.steps[:, None] + np.arange(1, count + 1)
        return self.frequency.times(self.starts[origins.series][:, None], ahead)

    def contexts(self, origins: Origins, rows: int) -> NDArray[np.float64]:
        """Return the last `rows` values [W, rows] up to each origin, NaN where a series has none."""
        steps = origins.steps[:, None] + np.arange(1 - rows, 1)
        flat = self.offsets[:-1][origins.series][:, None] + np.maximum(steps, 0)
        return np.where(steps >= 0, self.y[flat], np.nan)

    def wall_clock(self, times: NDArray[Any]) -> NDArray[Any]:
        """Return what the wall clock of the caller's zone shows at times of this panel, same shape."""
        if self.timezone is None or not self.frequency.in_utc:
            return times
        return to_wall_clock(times, self.timezone)

    def to_output(self, times: NDArray[Any]) -> Any:
        """Return times of this panel, flattened, as the caller knows them: in the caller's zone, or integers."""
        return to_caller(times, self.timezone, self.frequency.in_utc)

    def tail(self, rows: int) -> Panel:
        """Return the panel of at most the last `rows` (at least 1) rows of each series."""
        kept = np.minimum(self.lengths, max(rows, 1))
        return self._cut(Cut(np.arange(self.n_series), self.lengths - kept, kept, self.covariates.ahead))

    def truncate(self, lengths: NDArray[np.integer[Any]]) -> Panel:
        """Return the panel of the first `lengths[s]` rows of each series; series left with no row are dropped."""
        kept = np.clip(np.asarray(lengths, np.int64), 0, self.lengths)
        series = np.flatnonzero(kept)
        return self._cut(Cut(series, np.zeros(len(series), np.int64), kept[series]))

    def known_at(self, rolling: RollingOrigins, window: int | None = None) -> Panel:
        """Return the panel of the rows known at the first origins of a backtest, or at the origins of one window."""
        return self.truncate(rolling.ends(self.n_series, window))

    def select(self, series: NDArray[Any]) -> Panel:
        """Return the panel of some series, by a boolean mask [S] or by their indices, in that order."""
        chosen = np.arange(self.n_series)[np.asarray(series)]
        begin = np.zeros(len(chosen), np.int64)
        return self._cut(Cut(chosen, begin, self.lengths[chosen], self.covariates.ahead))

    def windows(self, origins: Origins, rows: int, ahead: int = 0) -> Panel:
        """Return a panel whose series are the last `rows` rows up to each origin, one per origin.

        Args:
            origins: where the series end.
            rows: at most this many rows are kept; series with fewer are shorter.
            ahead: rows after the origin that are kept of the known covariates.
        """
        begin = np.maximum(origins.steps + 1 - rows, 0)
        return self._cut(Cut(origins.series, begin, origins.steps + 1 - begin, ahead))

    def with_values(self, y: NDArray[np.float64]) -> Panel:
        """Return the panel with other values [N] on the same grid."""
        return replace(self, y=np.asarray(y, np.float64))

    def with_statics(self, statics: Mapping[str, NDArray[Any]]) -> Panel:
        """Return the panel with static covariates, each [S], float64 or texts."""
        return replace(self, statics=dict(statics))

    def with_covariates(self, covariates: Covariates) -> Panel:
        """Return the panel with other covariates, which fit its rows."""
        return replace(self, covariates=covariates)

    def require_frequency(self, freq: str | int) -> None:
        """Check that every series lies on the grid of `freq`: it is grids that must agree, not names.

        Raises:
            PanelError: `freq_mismatch`, naming the first series that does not.
        """
        wanted = Frequency.parse(freq)
        if wanted.alias == self.frequency.alias:
            return
        starts, series = np.unique(self.starts, return_index=True)
        other = [at for start, at in zip(starts, series, strict=True) if not self.frequency.agrees(wanted, start)]
        if other:
            name = str(self.ids[min(other)])
            text = f"Series {name!r} has steps of {self.frequency.alias!r}, the model forecasts steps of {freq!r}."
            raise PanelError(f"{text} Fix: give data of {freq!r}.", code="freq_mismatch", series=name, field="freq")

    def places_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of some series, ascending.

        Raises:
            RequestError: one is not there, or none is wanted.
        """
        wanted = {str(one) for one in ([ids] if isinstance(ids, str) else ids)}
        known = {str(name): number for number, name in enumerate(self.ids)}
        missing = sorted(wanted - known.keys())
        if missing or not wanted:
            has = f"The history has {len(known)} series, among them {', '.join(map(repr, list(known)[:5]))}"
            lacks = f"no series {', '.join(map(repr, missing[:5]))}" if missing else "`ids` names none"
            text = f"{has}, but {lacks}. Fix: give ids of the history, or leave `ids` out."
            raise RequestError(text, code="series_unknown", series=missing[0] if missing else None, field="ids")
        return np.array(sorted(known[name] for name in wanted), np.int64)

    @property
    def ends(self) -> NDArray[Any]:
        """[S] time of the last row of each series."""
        return self.frequency.times(self.starts, self.lengths - 1)

    @property
    def end_label(self) -> str | int:
        """The time of the last row of any series, as an ISO 8601 string or an integer."""
        return self.label(self.ends.max())

    def label(self, time: Any) -> str | int:
        """Return a time of this panel as an ISO 8601 string or an integer."""
        return int(time) if self.frequency.is_integer else str(time)

    def parse_label(self, label: str | int) -> Any:
        """Return the time that `label` wrote, on the clock of this panel."""
        return int(label) if self.frequency.is_integer else np.datetime64(label, "us")

    def fingerprint(self) -> str:
        """Return a sha256 (hex) of the content: ids, starts, zone, frequency and values, whatever the order."""
        order = np.argsort(self.ids, kind="stable")
        panel = self if (np.diff(order) > 0).all() else self.select(order)
        symbols = (self.symbols,) if self.symbols else ()
        digest = hashlib.sha256(repr((self.frequency.alias, self.timezone, panel.ids.tolist(), *symbols)).encode())
        for name, statics in panel.statics.items():
            digest.update(repr((name, statics.tolist())).encode())
        beside = panel.with_ahead(0).covariates
        for name, column in [*beside.known.items(), *beside.past.items()]:
            digest.update(repr((name, column.tolist())).encode())
        for array in (panel.offsets.astype("<i8"), panel.starts.astype("<i8")):
            digest.update(array.tobytes())
        for begin in range(0, len(panel.y), ROWS_AT_ONCE):
            y = panel.y[begin : begin + ROWS_AT_ONCE]
            digest.update(np.where(np.isnan(y), np.nan, y + 0.0).astype("<f8").tobytes())  # one NaN, one zero
        return digest.hexdigest()

    def with_ahead(self, ahead: int) -> Panel:
        """Return the panel with `ahead` future rows of its known covariates, missing where there are none."""
        if self.covariates.ahead == ahead:
            return self
        return self.windows(self.origins, int(self.lengths.max()), ahead)

    def _cut(self, cut: Cut) -> Panel:
        """Return the panel of some rows of some series."""
        series, first = cut.series, self.offsets[:-1]
        starts = self.frequency.times(self.starts[series], cut.begin)
        statics = {name: values[series] for name, values in self.statics.items()}
        part = replace(
            self, ids=self.ids[series], offsets=_offsets(cut.lengths), y=self.y[cut.of(first)], starts=starts
        )
        return replace(part, statics=statics, covariates=self.covariates.cut(first, self.lengths, cut))


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _values(name: str, values: Any) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        got = f"{array.ndim} dimensions of {array.dtype}"
        text = (
            f"`y` of series {name!r} must be a flat sequence of numbers. Got {got}. Fix: pass floats, NaN for missing."
        )
        raise PanelError(text, code="y_dtype", series=name, field=Y)
    if len(array) == 0:
        raise PanelError(f"Series {name!r} has no rows. Fix: leave it out.", code="empty", series=name, field=Y)
    array = array.astype(np.float64)
    if np.isinf(array).any():
        row = int(np.flatnonzero(np.isinf(array))[0])
        text = f"`y` of series {name!r} is infinite in row {row}. Fix: replace it, or send NaN for missing."
        raise PanelError(text, code="y_infinite", series=name, row=row, field=Y)
    return array


def _starts(names: NDArray[Any], starts: Any, frequency: Frequency) -> NDArray[Any]:
    array = np.array(starts, np.int64 if frequency.is_integer else "M8[us]")
    if array.shape != names.shape or (array.dtype.kind == "M" and np.isnat(array).any()):
        text = f"`starts` must hold one time per series. Got shape {array.shape} for {len(names)} series."
        raise PanelError(f"{text} Fix: pass a time for each.", code="ds_dtype", field=DS)
    off = np.flatnonzero(~frequency.steps(array, array)[1])
    if len(off):
        name = str(names[off[0]])
        text = (
            f"Series {name!r} starts at {time_text(array[off[0]])}, which is no point of the grid {frequency.alias!r}."
        )
        raise PanelError(f"{text} Fix: pass the right `freq`.", code="off_grid", series=name, row=0, field=DS)
    return array
