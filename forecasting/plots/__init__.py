"""Every picture, drawn without any global state; those of forecasts are found here by their names."""

from forecasting.plots.canvas import BLUE, COLOURS, GREY, INK, canvas, canvases
from forecasting.plots.forecasts import attention_map, error_by_step, fan_chart, leaderboard_chart

__all__ = [
    "BLUE",
    "COLOURS",
    "GREY",
    "INK",
    "attention_map",
    "canvas",
    "canvases",
    "error_by_step",
    "fan_chart",
    "leaderboard_chart",
]
