"""From frames to panels, calendars, windows and splits: NumPy and pandas only, never Keras."""
