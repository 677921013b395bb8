"""The pictures of the experiments, in the dress of `forecasting.plots`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from forecasting.plots.canvas import COLOURS, GREY, INK, canvas, canvases

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Lines beyond the number of colours begin again with the first colour, dashed.
DASHES = ("-", "--", ":")


def styles(count: int) -> Iterator[dict[str, Any]]:
    """Yield a colour and a dash for each of `count` lines."""
    for number in range(count):
        dash = DASHES[number // len(COLOURS) % len(DASHES)]
        yield {"color": COLOURS[number % len(COLOURS)], "linestyle": dash}


def label(axes: Axes, title: str, across: str = "", up: str = "") -> None:
    """Write the title and the names of the axes."""
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.set_xlabel(across, color=INK, fontsize=9)
    axes.set_ylabel(up, color=INK, fontsize=9)


def error_against_step(groups: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw error against step ahead: a panel per group, a line per model.

    Args:
        groups: group -> model -> [H] mean absolute error.
    """
    figure, panels = canvases(5.2 * len(groups), 4.6, columns=len(groups))
    for axes, (group, curves) in zip(panels, groups.items(), strict=True):
        for style, (name, curve) in zip(styles(len(curves)), curves.items(), strict=True):
            axes.plot(np.arange(1, len(curve) + 1), curve, linewidth=1.5, label=name, **style)
        label(axes, group, "steps ahead", "mean absolute error" if axes is panels[0] else "")
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def drift_chart(
    observed: np.ndarray, truth: np.ndarray, start: int, groups: Mapping[str, Mapping[str, np.ndarray]]
) -> Figure:
    """Draw one series, the truth behind its noise, and forecasts that feed on themselves from `start` on.

    Args:
        observed: [N] noisy values.
        truth: [N] what lies behind them.
        start: number of values known to the forecasts.
        groups: group -> model -> forecast of the values from `start` on.
    """
    figure, panels = canvases(10, 3.4 * len(groups), rows=len(groups))
    shown = np.arange(max(0, start - 200), len(truth))
    for axes, (group, forecasts) in zip(panels, groups.items(), strict=True):
        axes.plot(shown, observed[shown], ".", color=GREY, markersize=2.5, alpha=0.7)
        axes.plot(shown, truth[shown], color=INK, linewidth=2.4, alpha=0.35, label="truth")
        for style, (name, forecast) in zip(styles(len(forecasts)), forecasts.items(), strict=True):
            axes.plot(start + np.arange(len(forecast)), forecast, linewidth=1.4, label=name, **style)
        axes.axvline(start, color=GREY, linewidth=0.8, linestyle="--")
        axes.margins(x=0.01)
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        label(axes, group, "step" if axes is panels[-1] else "")
    panels[0].set_ylim(-2, 2)
    return figure


def decay_chart(groups: Mapping[str, Mapping[str, np.ndarray]], factors: Mapping[str, float] | None = None) -> Figure:
    """Draw norms against steps back on a logarithmic scale: a panel per group, a line per network.

    Args:
        groups: group -> network -> [T] norm, the first one step back.
        factors: networks for which linear theory says by what the norm is multiplied at every step; drawn dotted.
    """
    figure, panels = canvases(max(7.0, 4.2 * len(groups)), 4.6, columns=len(groups), share_scale=False)
    for axes, (group, norms) in zip(panels, groups.items(), strict=True):
        for style, (name, norm) in zip(styles(len(norms)), norms.items(), strict=True):
            back = np.arange(1, len(norm) + 1)
            axes.plot(back, norm, linewidth=1.5, label=name, **style)
            if factors and name in factors:
                theory = norm[0] * factors[name] ** (back - 1.0)
                axes.plot(back, theory, color=style["color"], linewidth=0.8, linestyle=":")
        label(axes, group, "steps back", "norm of the gradient" if axes is panels[0] else "")
        axes.legend(frameon=False, fontsize=8)
        drawn = np.concatenate(list(norms.values()))
        axes.set_yscale("log")
        axes.set_ylim(drawn[drawn > 0].min() / 10, drawn.max() * 10)
    return figure


def clipping_chart(gains: np.ndarray, before: np.ndarray, after: np.ndarray, limit: float) -> Figure:
    """Draw the norm of the gradient of all weights before and after clipping, against the gain.

    Args:
        gains: [G].
        before: [G].
        after: [G].
        limit: the norm that clipping leaves at most.
    """
    figure, axes = canvas(7, 4)
    before_style, after_style = styles(2)
    axes.plot(gains, before, linewidth=1.5, marker=".", label="before clipping", **before_style)
    axes.plot(gains, after, linewidth=1.5, marker=".", label="after clipping", **after_style)
    axes.axhline(limit, color=GREY, linewidth=0.8, linestyle="--")
    axes.annotate("clip_norm", (gains[0], limit), (0, 3), textcoords="offset points", color=INK, fontsize=8)
    axes.set_yscale("log")
    label(axes, "Global norm of the gradient of the weights", "gain of the recurrent kernel")
    axes.legend(frameon=False, fontsize=8)
    return figure


def accuracy_chart(groups: Mapping[str, Mapping[int, float]], longest: int) -> Figure:
    """Draw the share of bits repeated rightly by length, one line per cell.

    Args:
        groups: cell -> number of vectors -> share.
        longest: vectors of the longest trained sequence.
    """
    figure, axes = canvas(8, 4)
    for style, (name, accuracy) in zip(styles(len(groups)), groups.items(), strict=True):
        axes.plot(list(accuracy), list(accuracy.values()), linewidth=1.8, marker="o", markersize=3, label=name, **style)
    axes.axvline(longest + 0.5, color=GREY, linewidth=0.8, linestyle="--")
    axes.text(longest + 0.7, 0.47, "longer than any trained sequence", color=INK, fontsize=8)
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    axes.text(1, 0.47, "guessing", color=INK, fontsize=8)
    axes.set_ylim(0.44, 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label(axes, "Bits repeated rightly", "vectors to repeat")
    axes.legend(frameon=False, fontsize=8, loc="center left")
    return figure


def example_chart(parts: Mapping[str, np.ndarray], length: int, longest: int) -> Figure:
    """Draw one sequence as a memory cell repeats it, and where its heads stand: a strip per part.

    Args:
        parts: name -> [T, F] numbers from 0 to 1.
        length: vectors of the sequence; the delimiter follows them.
        longest: vectors of the longest trained sequence.
    """
    figure = Figure(figsize=(8, 7), dpi=120, layout="constrained")
    heights = [part.shape[1] for part in parts.values()]
    strips = figure.subplots(len(parts), 1, sharex=True, height_ratios=heights)
    for axes, (name, part) in zip(strips, parts.items(), strict=True):
        axes.imshow(part.T, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set_ylabel(name, color=INK, fontsize=9, rotation=0, ha="right", va="center")
        axes.tick_params(colors=INK, labelsize=8)
        axes.axvline(length, color=COLOURS[1], linewidth=0.8)
    strips[-1].set_xlabel("step; the line is the delimiter; heads: weight of each slot", color=INK, fontsize=9)
    title = f"{length} vectors repeated by a memory cell that was trained on at most {longest}"
    strips[0].set_title(title, loc="left", color=INK, fontsize=11)
    return figure
