"""Keeps what TensorFlow prints while it is imported off the terminal; see `forecasting.quiet`."""

from __future__ import annotations

from forecasting.quiet import import_tensorflow, silent_stderr

__all__ = ["import_tensorflow", "silent_stderr"]
