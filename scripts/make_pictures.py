"""Draw the pictures of the README: a forecast of the shipped traffic data, beside what happened."""

from __future__ import annotations

from pathlib import Path

from forecasting import Forecaster, load_sample, plots

FOLDER = Path(__file__).parent.parent / "docs" / "images"
HORIZON = 24
SHOWN = 96

frame = load_sample("traffic")[["unique_id", "ds", "y"]]
history, actual = frame.iloc[:-HORIZON], frame.iloc[-HORIZON:]
forecast = Forecaster("gru", horizon=HORIZON).fit(history).predict(level=[50, 80, 95])
FOLDER.mkdir(parents=True, exist_ok=True)
figure = plots.fan_chart(history.tail(SHOWN), forecast, "gru", [50, 80, 95], actual)
figure.axes[0].set_ylabel("vehicles per hour")
figure.savefig(FOLDER / "forecast.png")
