"""The codes of the data check: how grave each is, what it means, and what a plan may do about it."""

from __future__ import annotations

from typing import NamedTuple

from forecasting.data.checks.findings import Severity

#: Actions that change nothing: what is found stays, or stops the repair.
KEEP, REFUSE = "keep", "refuse"


class Code(NamedTuple):
    """One kind of trouble.

    Attributes:
        severity: `error` keeps the frame from becoming a panel.
        meaning: in one line.
        actions: what a plan may do about it, the default first; none where only a person can.
    """

    severity: Severity
    meaning: str
    actions: tuple[str, ...] = ()


CODES: dict[str, Code] = {
    "not_a_frame": Code("error", "the data is no pandas frame"),
    "missing_column": Code("error", "there is no time or target column of a known name"),
    "duplicate_column": Code("error", "two columns have the same name"),
    "empty": Code("error", "no row has both an id and a time"),
    "y_dtype": Code("error", "the target holds something else than numbers", (REFUSE, "missing")),
    "symbol_unknown": Code("error", "the target holds a symbol that the model does not know"),
    "symbol_count": Code("error", "the target has too many, or too few, symbols"),
    "y_infinite": Code("error", "values are infinite", ("missing", REFUSE)),
    "ds_dtype": Code("error", "times cannot be read, or mean nothing", (REFUSE, "drop")),
    "ds_missing": Code("error", "rows have no time", ("drop", REFUSE)),
    "id_missing": Code("error", "rows have no id", ("drop", REFUSE)),
    "duplicate_timestamp": Code("error", "a series has a time twice", ("mean", "first", "last", REFUSE)),
    "freq_invalid": Code("error", "the frequency that was given means nothing"),
    "freq_unknown": Code("error", "no series has two rows to tell the step from"),
    "freq_ambiguous": Code("error", "two steps are equally common"),
    "freq_mismatch": Code("error", "series of several frequencies are mixed, or another one was given"),
    "off_grid": Code("error", "rows lie between the points of the grid", ("drop", REFUSE)),
    "missing_timestamps": Code("error", "rows are missing between the first and the last one", ("insert", REFUSE)),
    "mixed_time_zones": Code("warning", "times have several time zones and are read as UTC"),
    "local_clock": Code("warning", "times without a zone repeat an hour in autumn and skip one in spring"),
    "future_dates": Code("warning", "rows lie in the future", (KEEP, "drop")),
    "missing_values": Code("warning", "rows have no value (NaN, null)"),
    "no_values": Code("warning", "series have no value at all", (KEEP, "drop")),
    "constant": Code("warning", "series never change"),
    "leading_zeros": Code("warning", "series begin with zeros", (KEEP, "missing", "drop")),
    "outliers": Code("warning", "values lie far from their season's usual range", (KEEP, "missing")),
    "short_series": Code("warning", "series have fewer rows than two seasons"),
    "negative": Code("info", "series have negative values", (KEEP, "missing")),
    "unsorted": Code("info", "rows are not in the order of series and time"),
    "ended_early": Code("info", "series end before the last time of the data"),
}


def actions_of(code: str) -> tuple[str, ...]:
    """Return what a plan may do about a code, the default first."""
    return CODES[code].actions
