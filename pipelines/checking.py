"""The check job: an audit, and the repaired data where that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.data.audit import Audit, audit
from forecasting.data.plan import Plan
from forecasting.data.repair import repair
from pipelines.console import say, show_table
from pipelines.sinks import write_atomic, write_frame
from pipelines.views import show_facts

if TYPE_CHECKING:
    import pandas as pd


#: Rows of the table per series that people get; JSON has all of them.
SHOWN_SERIES = 20
SHOWN_COLUMNS = ("rows", "start", "end", "missing_share", "gaps", "duplicates", "zeros", "outliers", "constant")


@dataclass(frozen=True)
class Fix:
    """The repair that is asked for.

    Attributes:
        out: where the repaired data goes.
        plan_file: the plan to carry out, or where to write it.
        actions: actions for some codes, as (code, action).
    """

    out: str
    plan_file: str | None = None
    actions: tuple[tuple[str, str], ...] = ()

    def plan(self, freq: str | int | None) -> Plan:
        """Return the plan to carry out.

        Raises:
            ConfigError: the file holds none, or a code has no such action.
        """
        found = Plan.read(self.plan_file) if self.plan_file and Path(self.plan_file).exists() else Plan()
        return replace(found, freq=freq if freq is not None else found.freq).having(self.actions)


@dataclass(frozen=True)
class Checked:
    """An audit and what was repaired.

    Attributes:
        before: the audit of the data.
        after: the audit of the repaired data, or None.
        changes: what the repair did.
        out: where the repaired data is.
        plan: what was done, so that it can be done again.
    """

    before: Audit
    after: Audit | None = None
    changes: tuple[dict[str, Any], ...] = ()
    out: str | None = None
    plan: Plan | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the data, or else the repaired data, has no errors."""
        return not (self.after or self.before).errors

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        repaired = None
        if self.after and self.plan:
            plan = self.plan.to_dict()
            repaired = {"out": self.out, "plan": plan, "changes": list(self.changes), "after": self.after.to_dict()}
        series = self.before.series_records()
        return {**self.before.to_dict(), "per_series": series, "usable": self.is_usable, "fix": repaired}

    def show(self) -> None:
        """Print the audit for people."""
        found = self.before
        frequency = found.frequency.alias if found.frequency else "unknown"
        show_facts({"series": found.n_series, "rows": found.n_rows, "step": frequency})
        show_findings("Findings", found)
        show_series(found)
        if self.after:
            rows = [[one["code"], one["change"], one["rows"], first_places(one["places"])] for one in self.changes]
            show_table(f"Repaired in {self.out}", ["code", "change", "rows", "first places"], rows)
            if self.after.errors:
                show_findings("Errors that are left", self.after)
        elif found.errors:
            say("There are errors: --fix OUT repairs those that need no judgement.")


def check(frame: pd.DataFrame, freq: str | int | None, asked: Fix | None = None) -> Checked:
    """Audit a frame; repair it where that is asked for.

    Raises:
        PanelError: there is an error that the plan leaves to a person, and a repair was asked for.
        ConfigError: the plan means nothing.
    """
    plan = asked.plan(freq) if asked else Plan(freq)
    before = audit(frame, plan.freq, plan.now)
    if asked is None:
        return Checked(before)
    found = repair(frame, plan)
    write_frame(asked.out, found.frame)
    say(f"Wrote {len(found.frame)} rows to {asked.out}.")
    if asked.plan_file and not Path(asked.plan_file).exists():
        write_text(asked.plan_file, found.plan.to_json())
        say(f"Wrote the plan to {asked.plan_file}.")
    after = audit(found.frame, found.plan.freq, found.plan.now)
    return Checked(before, after, tuple(found.changes), asked.out, found.plan)


def write_text(path: str, text: str) -> None:
    """Write a small file, whole or not at all."""
    write_atomic(path, lambda part: part.write_text(text, encoding="utf-8"))


def first_places(places: list[dict[str, Any]]) -> str:
    """Return the first few places of a change in words."""
    return "; ".join(", ".join(str(value) for value in one.values() if value is not None) for one in places[:3])


def show_series(found: Audit) -> None:
    """Print the first series of the table per series, those with the most trouble first."""
    table = found.per_series
    if table.empty:
        return
    trouble = table["gaps"] + table["duplicates"] + table["missing"] + table["outliers"]
    order = trouble.sort_values(ascending=False, kind="stable").index[:SHOWN_SERIES]
    shown = table.loc[order]
    rows = [[row["unique_id"], *(row[name] for name in SHOWN_COLUMNS)] for row in shown.to_dict("records")]
    title = "Series" if len(table) <= SHOWN_SERIES else f"{SHOWN_SERIES} of {len(table)} series, most trouble first"
    show_table(title, ["series", *(name.replace("_", " ") for name in SHOWN_COLUMNS)], rows)


def show_findings(title: str, found: Audit) -> None:
    """Print the findings of an audit."""
    if not found.findings:
        show_facts({"findings": "none"})
        return
    rows = [[one.severity, one.code, one.count, f"{one.message} Fix: {one.fix}"] for one in found.findings]
    show_table(title, ["", "code", "count", "what, where, fix"], rows)
