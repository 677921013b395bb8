"""Where MLflow finds the code of a logged model, and what that code needs; importing this runs none of it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

PATH = Path(__file__).with_name("logged_code.py")

NEEDED = ("tensorflow", "keras", "numpy", "pandas", "scipy", "safetensors", "holidays")


def requirements() -> list[str]:
    """Return pinned requirements of the model: this package and the libraries that make its numbers."""
    return [f"{name}=={version(name)}" for name in ("keras-forecasting-service", *NEEDED)]
