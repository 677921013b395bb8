"""Learners, one file each, found by its file name; see `forecasting.training`."""
