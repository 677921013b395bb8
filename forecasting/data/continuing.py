"""New rows of known series: whether they follow the rows already seen, and both as one panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.rows import time_text
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from forecasting.schema import DS


def require_continuation(panel: Panel, ends: Mapping[str, Any], timezone: str | None) -> None:
    """Check that every known series begins one step after its last row seen; other series may begin anywhere.

    Args:
        panel: the new rows.
        ends: time of the last row seen, by series.
        timezone: zone of the rows seen.

    Raises:
        PanelError: `already_seen`, `gap`, `off_grid`, or `timezone_mismatch`; `series` and `row`, counted within the
            new rows of the series, say where.
    """
    if panel.timezone != timezone and ends:
        text = f"The new rows are in time zone {panel.timezone}, those seen in {timezone}."
        raise PanelError(f"{text} Fix: give times of the same zone.", code="timezone_mismatch", field=DS)
    for name, start in zip(panel.ids, panel.starts, strict=True):
        if name not in ends:
            continue
        steps, on_grid = panel.frequency.steps(ends[name], start)
        if on_grid and steps == 1:
            continue
        last, first = time_text(np.asarray(ends[name])), time_text(np.asarray(start))
        where = f"Row 0 of series {name!r} is at {first}, and its last row seen at {last}"
        if not on_grid:
            text, code = f"{where}: no whole steps lie between. Fix: give rows on the same grid.", "off_grid"
        elif steps < 1:
            text, code = f"{where}: it has been learnt already. Fix: give only the rows after that.", "already_seen"
        else:
            missing = int(steps) - 1
            text, code = f"{where}: {missing} rows are missing between. Fix: give them, `y` may be empty.", "gap"
        raise PanelError(text, code=code, series=str(name), row=0, field=DS)


def continued(old: Panel, new: Panel) -> Panel:
    """Return one panel of old rows and of the new rows that follow them; its series are sorted by id."""
    starts: dict[str, Any] = {}
    values: dict[str, list[NDArray[np.float64]]] = {}
    for panel in (old, new):
        parts = np.split(panel.y, panel.offsets[1:-1])
        for name, start, part in zip(panel.ids, panel.starts, parts, strict=True):
            starts.setdefault(name, start)
            values.setdefault(name, []).append(part)
    names = sorted(values)
    ys = [np.concatenate(values[name]) for name in names]
    offsets = np.cumsum([0, *map(len, ys)], dtype=np.int64)
    ids = np.array([*names, None], object)[:-1]
    first = np.array([starts[name] for name in names], old.starts.dtype)
    return replace(old, ids=ids, offsets=offsets, y=np.concatenate(ys), starts=first)
