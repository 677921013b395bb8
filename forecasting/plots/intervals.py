"""Pictures of how honest intervals are: coverage against level, the PIT histogram, width by step ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from forecasting.evaluation.probabilistic import coverage_by_level, pit_histogram, width_by_step
from forecasting.plots.canvas import BLUE, COLOURS, GREY, INK, canvas

if TYPE_CHECKING:
    from forecasting.evaluation.metrics import Scored


def reliability_chart(scored: Mapping[str, Scored], level: Sequence[float]) -> Figure:
    """Draw the share of observations inside each interval against its level, one line per model.

    Args:
        scored: by model, with the quantiles behind the intervals.
        level: central intervals, in percent.
    """
    figure, axes = canvas(5, 5)
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=0.9, linestyle="--", label="as promised")
    wanted = sorted(level)
    for colour, (name, one) in zip(np.resize(COLOURS, len(scored)), scored.items(), strict=True):
        shares = 100 * coverage_by_level(one, wanted)
        axes.plot(wanted, shares, color=colour, linewidth=1.5, marker="o", markersize=4, label=name)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    axes.set_xlabel("level, percent", color=INK, fontsize=9)
    axes.set_ylabel("observations inside, percent", color=INK, fontsize=9)
    axes.set_title("Coverage: below the line is too narrow", loc="left", color=INK, fontsize=11)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    return figure


def pit_chart(name: str, scored: Scored) -> Figure:
    """Draw the PIT histogram of one model: flat at 1 where its quantiles are what they say.

    Args:
        name: of the model.
        scored: with at least one quantile.
    """
    edges, density = pit_histogram(scored)
    figure, axes = canvas(7, 3.5)
    axes.bar(edges[:-1], density, width=np.diff(edges), align="edge", color=BLUE, alpha=0.6, edgecolor="white")
    axes.axhline(1, color=INK, linewidth=0.9, linestyle="--")
    axes.set_xlim(0, 1)
    axes.set_xlabel("quantile level at which the observation lies", color=INK, fontsize=9)
    axes.set_ylabel("density", color=INK, fontsize=9)
    axes.set_title(f"{name}: PIT histogram, flat is calibrated", loc="left", color=INK, fontsize=11)
    return figure


def width_chart(scored: Mapping[str, Scored], level: float) -> Figure:
    """Draw the width of one interval by step ahead, one line per model, in units of the seasonal naive's mean error.

    Args:
        scored: by model, with the quantiles behind the interval.
        level: central interval, in percent.
    """
    figure, axes = canvas(8, 4)
    for colour, (name, one) in zip(np.resize(COLOURS, len(scored)), scored.items(), strict=True):
        widths = width_by_step(one, level)
        axes.plot(np.arange(1, len(widths) + 1), widths, color=colour, linewidth=1.5, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("steps ahead", color=INK, fontsize=9)
    axes.set_title(f"Width of the {level:g} % interval, in units of MASE", loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure
