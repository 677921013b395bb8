"""Symbols behind codes: what a panel of them holds, and whether a model takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.data.checks.symbols import alphabet_of, shown
from forecasting.errors import PanelError
from forecasting.schema import Y

__all__ = ["alphabet_of", "require_symbols", "symbols_at"]


def symbols_at(symbols: tuple[str, ...], codes: Any) -> NDArray[Any]:
    """Return codes of any shape as symbols, None where NaN."""
    codes = np.asarray(codes)
    missing = np.isnan(codes)
    texts = np.array([*symbols, None], object)
    return texts[np.where(missing, len(symbols), codes).astype(np.int64)]


def require_symbols(panel_symbols: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Check that codes mean what a model takes them for.

    Raises:
        PanelError: `symbols_mismatch`, the alphabets differ.
    """
    if panel_symbols == wanted:
        return
    names = [f"the symbols {shown(one)}" if one else "numbers" for one in (panel_symbols, wanted)]
    raise PanelError(
        f"The panel holds {names[0]}, the model forecasts {names[1]}. Fix: read the data with the model's symbols.",
        code="symbols_mismatch",
        field=Y,
    )
