"""Draw the pictures of the README and the docs from the shipped traffic data, and from the tables of the docs.

`python scripts/make_pictures.py accuracy` draws one of them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from forecasting import Forecaster, Training, load_sample, plots

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "images"
HORIZON = 24
SHOWN = 96


def traffic() -> pd.DataFrame:
    """Return the shipped traffic data."""
    return load_sample("traffic")[["unique_id", "ds", "y"]]


def forecast() -> Figure:
    """Draw a forecast beside what happened."""
    frame = traffic()
    history, actual = frame.iloc[:-HORIZON], frame.iloc[-HORIZON:]
    made = Forecaster("gru", horizon=HORIZON).fit(history).predict(level=[50, 80, 95])
    figure = plots.fan_chart(history.tail(SHOWN), made, "gru", [50, 80, 95], actual)
    figure.axes[0].set_ylabel("vehicles per hour")
    return figure


def attention() -> Figure:
    """Draw where a forecast of the next day looked, hour by hour."""
    training = Training(steps=400, refit=False)
    model = Forecaster("attention", HORIZON, context_length=72, segment=1, units=64, training=training)
    return plots.attention_map(model.fit(traffic()).attention())


def accuracy() -> Figure:
    """Draw the error on M4 Hourly by the seconds it took, from the tables of `docs/benchmarks.md`."""
    figure, axes = plots.canvas(8, 4.5)
    before = 0.0
    for name, seconds, owa in sorted(hourly_rows(), key=lambda row: row[1] or 0):
        if seconds is None:
            axes.axhline(owa, color=plots.GREY, linestyle="--", linewidth=1)
            axes.annotate(name, (1.6, owa), xytext=(0, 4), textcoords="offset points", fontsize=8, color=plots.INK)
            continue
        is_peer = name.startswith("NeuralForecast")
        axes.plot(seconds, owa, "s" if is_peer else "o", color=plots.COLOURS[1 if is_peer else 0], markersize=7)
        beside = (7, -11) if abs(owa - before) < 0.02 else (7, 4)  # two names on one height would cover each other
        axes.annotate(name, (seconds, owa), xytext=beside, textcoords="offset points", fontsize=8, color=plots.INK)
        before = owa
    axes.set(xscale="log", xlim=(1.5, 4000), xlabel="seconds of training and forecasting (log)")
    axes.set(ylim=(0.4, 0.88), ylabel="OWA of the last 48 hours, lower is better")
    axes.set_title("M4 Hourly, 414 series, on two cores (auto on one)", fontsize=11, color=plots.INK)
    return figure


def hourly_rows() -> list[tuple[str, float | None, float]]:
    """Return (model, seconds, OWA) of the first row of each model about M4 Hourly; some take no time worth saying."""
    rows: dict[str, tuple[str, float | None, float]] = {}
    for line in (DOCS / "benchmarks.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip(" *`") for cell in line.strip("| ").split("|")]
        if len(cells) == 6 and cells[0] == "Hourly":
            (name, seconds, owa), steps = (cells[1], cells[2], cells[5]), ""
        elif len(cells) == 4 and cells[1].isdigit() and re.match(r"\.\d", cells[3]):
            (name, steps), (seconds, owa) = (cells[0], f", {cells[1]} steps"), cells[2:]
        else:
            continue
        model = re.split(r"[`:,]", name)[0] + (" around smoothing" if "smoothing" in name else "")
        error = float(re.match(r"[\d.]+", owa)[0])
        rows.setdefault(model + steps, (model + steps, float(seconds) if seconds else None, error))
    return list(rows.values())


def main() -> None:
    """Write every picture, or those that are named."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in (forecast, attention, accuracy):
        if draw.__name__ in (sys.argv[1:] or [draw.__name__]):
            draw().savefig(FOLDER / f"{draw.__name__}.png")


if __name__ == "__main__":
    main()
