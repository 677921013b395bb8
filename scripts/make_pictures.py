"""Draw the pictures of the README and the docs from the shipped traffic data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from forecasting import Forecaster, Training, load_sample, plots

FOLDER = Path(__file__).parent.parent / "docs" / "images"
HORIZON = 24
SHOWN = 96


def forecast(frame: pd.DataFrame) -> Figure:
    """Draw a forecast beside what happened."""
    history, actual = frame.iloc[:-HORIZON], frame.iloc[-HORIZON:]
    made = Forecaster("gru", horizon=HORIZON).fit(history).predict(level=[50, 80, 95])
    figure = plots.fan_chart(history.tail(SHOWN), made, "gru", [50, 80, 95], actual)
    figure.axes[0].set_ylabel("vehicles per hour")
    return figure


def attention(frame: pd.DataFrame) -> Figure:
    """Draw where a forecast of the next day looked, hour by hour."""
    training = Training(steps=400, refit=False)
    model = Forecaster("attention", HORIZON, context_length=72, segment=1, units=64, training=training)
    return plots.attention_map(model.fit(frame).attention())


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    frame = load_sample("traffic")[["unique_id", "ds", "y"]]
    for draw in (forecast, attention):
        draw(frame).savefig(FOLDER / f"{draw.__name__}.png")


if __name__ == "__main__":
    main()
