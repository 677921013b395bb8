"""Names of the panel frame and of the forecast frame: the only file that spells them."""

from __future__ import annotations

UNIQUE_ID = "unique_id"
DS = "ds"
Y = "y"
CUTOFF = "cutoff"
STATUS = "status"
IN_SAMPLE = "in_sample"
SAMPLE = "sample"

#: Attention: the newest step of the past token that was looked at, and how much it counted.
SEEN = "seen"
WEIGHT = "weight"

#: Other common spellings of the three columns, mapped once at the border.
COLUMN_ALIASES = {"item_id": UNIQUE_ID, "timestamp": DS, "target": Y}

#: The id given to the series of a frame that has no id column.
SINGLE_SERIES_ID = "series"

STATUS_OK = "ok"
STATUS_PADDED = "padded"
STATUS_ROLLED_OUT = "rolled_out"
#: In batch forecasts as of a time: the series ended before that time and is forecast from its own end.
STATUS_ENDED_EARLY = "ended_early"
#: How the status of a forecast by a simpler model begins.
STATUS_FALLBACK = "fallback"


def fallback_status(model: str, reason: str) -> str:
    """Return the status of a forecast that a simpler model gave, and why.

    >>> fallback_status("naive", "short")
    'fallback:naive:short'
    """
    return f"{STATUS_FALLBACK}:{model}:{reason}"


def is_fallback(status: str) -> bool:
    """Whether a status says that a simpler model gave the forecast."""
    return status.startswith(f"{STATUS_FALLBACK}:")


def interval_columns(model: str, level: float) -> tuple[str, str]:
    """Return the names of the lower and upper bound of the `level` percent interval.

    >>> interval_columns("gru", 97.5)
    ('gru-lo-97.5', 'gru-hi-97.5')
    """
    return f"{model}-lo-{level:g}", f"{model}-hi-{level:g}"


def quantile_column(model: str, quantile_level: float) -> str:
    """Return the name of the column of one quantile.

    >>> quantile_column("gru", 0.1)
    'gru-q-0.1'
    """
    return f"{model}-q-{quantile_level:g}"


def probability_column(model: str, symbol: str | None = None) -> str:
    """Return the name of the column of one symbol's probability, or in a backtest that of what happened.

    >>> probability_column("gru", "rain"), probability_column("gru")
    ('gru-p-rain', 'gru-p')
    """
    return f"{model}-p" if symbol is None else f"{model}-p-{symbol}"


def interval_quantiles(level: float) -> tuple[float, float]:
    """Return the two quantile levels that bound the central `level` percent interval.

    >>> interval_quantiles(80)
    (0.1, 0.9)
    """
    tail = round((100 - level) / 200, 12)
    return tail, round(1 - tail, 12)
