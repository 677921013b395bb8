"""Hyperparameter search: `tune` tries what was left open about forecasters, and keeps every trial in a study.

`candidate` is a forecaster with open choices, `terms` is what is asked, `study` Optuna's database, `attempt` one trial,
and `search` the whole of it.
"""

from forecasting.tuning.attempt import Attempt
from forecasting.tuning.candidate import Candidate
from forecasting.tuning.search import Search, Tuned, tune
from forecasting.tuning.terms import Limits, Measure, Place

__all__ = ["Attempt", "Candidate", "Limits", "Measure", "Place", "Search", "Tuned", "tune"]
