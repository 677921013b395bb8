"""DirRec (Sorjamaa & Lendasse 2006): one network per step, which also reads the forecasts of the earlier steps."""

from __future__ import annotations

from typing import Any

OPTIONS = ("width",)


def feeds_back(config: Any) -> bool:
    """No: the forecasts read are functions of the context, so a step's numbers are given the context alone."""
    return False
