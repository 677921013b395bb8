"""Pictures of a search: how its best score fell, and which choices mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from forecasting.plots.canvas import BLUE, GREY, INK, canvas
from forecasting.tuning.search import RISING
from forecasting.tuning.study import Row


def history_chart(rows: Sequence[Row], metric: str) -> Figure:
    """Draw the score of every complete trial, the best so far, and where trials were stopped early or failed.

    Args:
        rows: the trials.
        metric: what the score is.
    """
    figure, axes = canvas(8, 4)
    complete = [row for row in rows if row.score is not None]
    numbers, scores = [row.number for row in complete], np.array([row.score for row in complete], float)
    best = (np.maximum if metric in RISING else np.minimum).accumulate(scores)
    axes.step(numbers, best, where="post", color=BLUE, linewidth=1.6, label="best so far")
    axes.scatter(numbers, scores, color=INK, s=16, zorder=3, label="trial")
    given = [row for row in complete if row.is_default]
    if given:
        places, values = [row.number for row in given], [row.score or 0.0 for row in given]
        axes.scatter(places, values, facecolor="none", edgecolor=INK, s=70, label="as given")
    for state, mark in (("pruned", "|"), ("failed", "x")):
        ended = [row.number for row in rows if row.state == state]
        if ended:  # they have no score: a row of marks just above the axis
            floor = np.full(len(ended), 0.04)
            axes.scatter(ended, floor, marker=mark, color=GREY, s=60, label=state, transform=axes.get_xaxis_transform())
    # A few trials that are far off would flatten all others; what was given is always seen.
    if len(scores) and metric not in RISING:
        low, middle = float(scores.min()), float(np.median(scores))
        seen = max((row.score or 0.0 for row in given), default=low)
        top = max(seen, min(float(scores.max()), middle + 3 * (middle - low)))
        room = (top - low) or 1.0  # all alike
        axes.set_ylim(low - 0.1 * room, top + 0.15 * room)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("trial", color=INK, fontsize=9)
    direction = "higher" if metric in RISING else "lower"
    axes.set_title(f"{metric.upper()} by trial, {direction} is better", loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, fontsize=8, ncols=5, loc="upper right")
    return figure


def importance_chart(importances: Mapping[str, float]) -> Figure:
    """Draw how much each choice mattered for being among the better trials, the most on top.

    Args:
        importances: share by choice; sums to 1.
    """
    figure, axes = canvas(8, 1 + 0.34 * len(importances))
    names = [*importances][::-1]
    bars = axes.barh(names, [importances[name] for name in names], color=BLUE, height=0.66)
    axes.bar_label(bars, [f"{importances[name]:.0%}" for name in names], padding=5, fontsize=8, color=INK)
    axes.set_xlim(0, 1.15 * max([*importances.values(), 1e-9]))
    axes.grid(visible=False)
    axes.set_title("What mattered for being among the best quarter of trials", loc="left", color=INK, fontsize=11)
    return figure
