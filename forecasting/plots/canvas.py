"""What all pictures are drawn on, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1f2933"
GREY = "#9aa5b1"
BLUE = "#1769aa"
#: Okabe & Ito's palette: distinguishable without colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure and its axes, drawn without any global state."""
    figure, (axes,) = canvases(width, height)
    return figure, axes


def canvases(
    width: float, height: float, rows: int = 1, columns: int = 1, *, share_scale: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a figure with rows and columns of empty axes, row by row, on one scale or each on its own."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=share_scale, squeeze=False).flat)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=9)
        axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
    return figure, panels
