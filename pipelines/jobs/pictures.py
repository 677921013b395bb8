"""The pictures and tables of a backtest, in an MLflow run and in the demo's folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecasting.schema import interval_quantiles
from pipelines.jobs.contest import LEVELS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecasting.data.panel import Panel
    from forecasting.leaderboard import Entry
    from pipelines.jobs.journal import Journal

#: A logged table has at most this many rows: MLflow keeps tables as JSON.
MOST_TABLE_ROWS = 50_000


def log_pictures(journal: Journal, entries: Sequence[Entry]) -> None:
    """Log the leaderboard, the error by step ahead, the winner's backtest, and of numbers a fan chart."""
    from forecasting import leaderboard, plots

    winner, table = entries[0], leaderboard.to_frame(entries)
    journal.log(lambda run: run.table(table, "leaderboard.json"))
    journal.log(lambda run: run.table(backtest_table(winner), "backtest.json"))
    journal.log(lambda run: run.figure(plots.leaderboard_chart(table), "leaderboard.png"))
    journal.log(lambda run: run.figure(plots.error_by_step(entries), "error_by_step.png"))
    if not winner.backtest.task.symbols:
        journal.log(lambda run: run.figure(last_window_chart(winner), "fan_chart.png"))
    log_interval_pictures(journal, entries)


def log_interval_pictures(journal: Journal, entries: Sequence[Entry]) -> None:
    """Log how honest the intervals are: coverage by level, width by step, and the winner's PIT histogram."""
    from forecasting.plots import intervals

    scored = {entry.name: entry.backtest.scored for entry in entries if entry.backtest.answer.quantile_levels}
    if not scored:
        return
    common = set.intersection(*({*one.quantile_levels} for one in scored.values()))
    drawn = [level for level in (20.0, 40.0, 60.0, *LEVELS) if {*interval_quantiles(level)} <= common]
    if not drawn:
        return
    journal.log(lambda run: run.figure(intervals.reliability_chart(scored, drawn), "coverage.png"))
    journal.log(lambda run: run.figure(intervals.width_chart(scored, drawn[-1]), "interval_width.png"))
    name, best = next(iter(scored.items()))
    journal.log(lambda run: run.figure(intervals.pit_chart(name, best), "pit_histogram.png"))


def backtest_table(entry: Entry) -> pd.DataFrame:
    """Return a backtest's frame, cut where it would be too large to log."""
    return entry.backtest.to_frame(levels_of(entry)).head(MOST_TABLE_ROWS)


def levels_of(entry: Entry) -> tuple[float, ...]:
    """Return the intervals that a candidate has, in percent."""
    answered = entry.backtest.answer.quantile_levels
    return tuple(level for level in LEVELS if {*interval_quantiles(level)} <= {*answered})


def last_window_chart(entry: Entry) -> Figure:
    """Draw the last backtest window of the first series, with what happened."""
    from forecasting import plots
    from forecasting.schema import CUTOFF, DS, UNIQUE_ID

    levels = levels_of(entry)
    frame = entry.backtest.to_frame(levels)
    frame = frame[frame[UNIQUE_ID] == frame[UNIQUE_ID].iloc[0]]
    last = frame[frame[CUTOFF] == frame[CUTOFF].max()]
    history = series_frame(entry.backtest.panel, str(frame[UNIQUE_ID].iloc[0]))
    before = history[history[DS] <= last[CUTOFF].iloc[0]].tail(max(4 * len(last), 50))
    return plots.fan_chart(before, last, entry.name, levels, last)


def series_frame(panel: Panel, name: str) -> pd.DataFrame:
    """Return `ds, y` of one series of a panel."""
    import pandas as pd

    from forecasting.schema import DS, Y

    one = panel.select(panel.ids == name)
    return pd.DataFrame({DS: one.to_output(one.grid()), Y: one.y})
