# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a table to a forecast one can trust
#
# Hourly traffic on an interstate, two years of it, with hours that nobody counted. How many cars tomorrow?

# %%
from forecasting import Forecaster, Training, leaderboard, load_sample, plots
from forecasting.data.panel import Panel

frame = load_sample("traffic")[["unique_id", "ds", "y"]]
frame.tail()

# %% [markdown]
# ## Which model?
#
# Every model forecasts the same rolling origins, each fitted only on what lies before the first of them. The short
# training here is for the pace of reading; leave `training` out for the accuracy that the demo shows.

# %%
quick = Training(steps=300, validate_every=100)
candidates = [
    Forecaster("seasonal-naive", horizon=24, period=24, alias="naive-24"),
    Forecaster("seasonal-naive", horizon=24, period=168, alias="naive-168"),
    Forecaster("ar", horizon=24),
    Forecaster("ff-ar", horizon=24, training=quick),
    Forecaster("gru", horizon=24, training=quick),
]
entries = leaderboard.compete(candidates, Panel.from_frame(frame), windows=30, step=24)
table = leaderboard.to_frame(entries)
table[["model", "mase", "smape", "coverage_80", "train_seconds", "predict_milliseconds"]].round(3)

# %%
plots.leaderboard_chart(table)

# %%
plots.error_by_step(entries)

# %% [markdown]
# ## The winner, on all data
#
# `fit` is always fresh; the forecast comes with intervals, and `status` says of every row how it came about.

# %%
winner = entries[0].forecaster.copy().fit(frame)
forecast = winner.predict(level=[80, 95] if winner.predictor.task.quantile_levels else None)
forecast.head()

# %%
shown = [80, 95] if winner.predictor.task.quantile_levels else []
plots.fan_chart(frame.tail(96), forecast, winner.spec.alias, level=shown)

# %% [markdown]
# ## Saved, loaded, the same
#
# The folder holds numbers and JSON, no code and no data. What a batch job, the REST service and the MLflow model
# answer comes from this very predictor.

# %%
import tempfile

with tempfile.TemporaryDirectory() as part:
    loaded = Forecaster.load(winner.save(f"{part}/model"))
    again = loaded.predict(frame)
(again[winner.spec.alias] - forecast[winner.spec.alias]).abs().max()
