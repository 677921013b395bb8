"""What the values of a panel must be for a head of counts, and for bounds."""

from __future__ import annotations

import numpy as np

from forecasting.config.task import Task
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from forecasting.schema import Y

#: Counts beyond this are amounts: their distributions' functions are no longer exact in floating point.
LARGEST_COUNT = 1e9


def require_values(panel: Panel, task: Task, head: str, are_counts: bool) -> None:
    """Check that a panel holds values that its task and head take.

    Args:
        panel: what is learnt from.
        task: its bounds.
        head: for the message.
        are_counts: whether the values must be 0, 1, 2, ...

    Raises:
        PanelError: a value is outside the bounds, or no count; the message says which.
    """
    y = panel.y
    if are_counts:
        refused = (y < 0) | (y > LARGEST_COUNT) | (np.floor(y) != y) & ~np.isnan(y)
        fix = "Use another head, such as 'quantiles'."
        refuse(panel, refused, f"Head {head!r} forecasts counts: 0, 1, 2, ...", fix, "not_counts")
    if task.lower is not None:
        rule, fix = f"Nothing may lie below `lower`={task.lower:g}.", "Correct the value, or give another `lower`."
        refuse(panel, y < task.lower, rule, fix, "bounds")
    if task.upper is not None:
        rule, fix = f"Nothing may lie above `upper`={task.upper:g}.", "Correct the value, or give another `upper`."
        refuse(panel, y > task.upper, rule, fix, "bounds")


def refuse(panel: Panel, refused: np.ndarray, rule: str, fix: str, code: str) -> None:
    """Raise a `PanelError` about the first refused value [N]; nothing where there is none."""
    if not refused.any():
        return
    rows = np.flatnonzero(refused)
    series = int(np.searchsorted(panel.offsets, rows[0], side="right")) - 1
    row, name = int(rows[0] - panel.offsets[series]), str(panel.ids[series])
    more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
    got = f"Got {panel.y[rows[0]]:g} in row {row} of series {name!r}{more}."
    raise PanelError(f"{rule} {got} {fix}", code=code, series=name, row=row, field=Y)
