"""Forecasts of any number of series: in parts, resumable, and none of them lost."""
