"""Pictures of forecasts: fan chart, leaderboard, error by step ahead, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from forecasting.evaluation.metrics import ranking_metric
from forecasting.plots.canvas import BLUE, COLOURS, GREY, INK, canvas
from forecasting.schema import DS, SEEN, UNIQUE_ID, WEIGHT, Y, interval_columns

if TYPE_CHECKING:
    from forecasting.leaderboard import Entry


def fan_chart(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    model: str,
    level: Sequence[float] = (),
    actual: pd.DataFrame | None = None,
) -> Figure:
    """Draw one series: what was observed, the forecast and its intervals, and what happened where it is known.

    Args:
        history: `ds, y` of one series.
        forecast: forecast frame of the same series.
        model: name of its forecast column.
        level: intervals that the frame has, in percent.
        actual: `ds, y` of the horizon.
    """
    figure, axes = canvas(10, 4)
    axes.plot(history[DS], history[Y], color=INK, linewidth=1.1, label="observed")
    for shade, one in enumerate(sorted(level, reverse=True)):
        lower, upper = interval_columns(model, one)
        alpha = 0.18 + 0.17 * shade
        band = axes.fill_between(forecast[DS], forecast[lower], forecast[upper], color=BLUE, alpha=alpha, linewidth=0)
        band.set_label(f"{one:g} % interval")
    axes.plot(forecast[DS], forecast[model], color=BLUE, linewidth=1.8, label=f"{model} forecast")
    if actual is not None:
        axes.plot(actual[DS], actual[Y], color=INK, linewidth=1.1, linestyle=":", label="what happened")
    axes.axvline(history[DS].iloc[-1], color=GREY, linewidth=0.8, linestyle="--")
    title = str(forecast[UNIQUE_ID].iloc[0]) if len(forecast) else ""
    axes.set_title(f"{title}: {len(forecast)} steps ahead", loc="left", color=INK, fontsize=11)
    axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=3 + len(level))
    axes.margins(x=0.01)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.15 * (high - low))
    return figure


def leaderboard_chart(table: pd.DataFrame, metric: str | None = None) -> Figure:
    """Draw one metric of every model as bars, the best on top, with the seconds each took to train.

    Args:
        table: the leaderboard's frame.
        metric: a column of it; that which ranks by default.
    """
    metric = metric or ranking_metric(table.columns)
    table = table.sort_values(metric, ascending=False)
    figure, axes = canvas(8, 1 + 0.42 * len(table))
    best = table[metric].min()
    colours = [BLUE if value == best else GREY for value in table[metric]]
    # One model that is far off would flatten all others: its bar is cut, its number is not.
    finite = table[metric][np.isfinite(table[metric])]
    lengths = table[metric].clip(upper=3 * float(finite.median()) if len(finite) else 0.0).fillna(0.0)
    bars = axes.barh(table["model"], lengths, color=colours, height=0.66)
    labels = [
        f"{value:.3f}   trained in {seconds:.1f} s"
        for value, seconds in zip(table[metric], table["train_seconds"], strict=True)
    ]
    axes.bar_label(bars, labels, padding=5, fontsize=8, color=INK)
    axes.set_xlim(0, 1.5 * (float(lengths.max()) or 1.0))
    axes.grid(visible=False)
    axes.set_title(f"{metric.upper()}, lower is better", loc="left", color=INK, fontsize=11)
    return figure


def error_by_step(entries: Sequence[Entry]) -> Figure:
    """Draw MASE, or the perplexity of symbols, by step ahead, one line per model."""
    figure, axes = canvas(8, 4)
    losses = {entry.name: entry.backtest.loss_by_step() for entry in entries}
    errors = {name: error for name, (_, error) in losses.items()}
    for colour, (name, error) in zip(np.resize(COLOURS, len(errors)), errors.items(), strict=True):
        axes.plot(np.arange(1, len(error) + 1), error, color=colour, linewidth=1.5, label=name)
    medians = np.array([np.median(error) for error in errors.values()])
    typical = medians[np.isfinite(medians) & (medians > 0)]
    if len(typical):
        axes.set_ylim(0, min(axes.get_ylim()[1], 3 * float(np.median(typical))))
    axes.set_xlabel("steps ahead", color=INK, fontsize=9)
    axes.set_title(f"{next(iter(losses.values()))[0]} by step ahead", loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return figure


def attention_map(weights: pd.DataFrame) -> Figure:
    """Draw which past steps the forecasts of one series looked at: steps ahead against the past, dark where it looked.

    Args:
        weights: rows of one series of `Forecaster.attention`.
    """
    table = weights.pivot(index=DS, columns=SEEN, values=WEIGHT)
    figure, axes = canvas(10, 4)
    image = axes.imshow(table, aspect="auto", origin="lower", cmap="Blues", vmin=0, interpolation="nearest")
    axes.grid(visible=False)
    for axis, labels in ((axes.xaxis, table.columns), (axes.yaxis, table.index)):
        shown = np.unique(np.linspace(0, len(labels) - 1, 8).astype(int))
        axis.set_ticks(shown, [short_label(labels[one]) for one in shown])
    axes.set_xlabel("past step", color=INK, fontsize=9)
    axes.set_ylabel("forecast step", color=INK, fontsize=9)
    axes.set_title(f"{weights[UNIQUE_ID].iloc[0]}: where the forecast looked", loc="left", color=INK, fontsize=11)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8)
    return figure


def short_label(value: object) -> str:
    """Return a time without the year, midnight without the hour; an integer step as it is."""
    if not isinstance(value, pd.Timestamp):
        return str(value)
    return value.strftime("%d %b" if value == value.normalize() else "%d %b %H:%M")
