"""The check job: an audit, and the repaired data where that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.data.audit import Audit, audit, fix
from pipelines.console import say, show_table
from pipelines.sinks import write_frame
from pipelines.views import show_facts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Checked:
    """An audit and what was repaired.

    Attributes:
        before: the audit of the data.
        after: the audit of the repaired data, or None.
        changes: what the repair did.
        out: where the repaired data is.
    """

    before: Audit
    after: Audit | None = None
    changes: tuple[dict[str, Any], ...] = ()
    out: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the data, or else the repaired data, has no errors."""
        return not (self.after or self.before).errors

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        repaired = None
        if self.after:
            repaired = {"out": self.out, "changes": list(self.changes), "after": self.after.to_dict()}
        return {**self.before.to_dict(), "usable": self.is_usable, "fix": repaired}

    def show(self) -> None:
        """Print the audit for people."""
        found = self.before
        frequency = found.frequency.alias if found.frequency else "unknown"
        show_facts({"series": found.n_series, "rows": found.n_rows, "step": frequency})
        show_findings("Findings", found)
        if self.after:
            rows = [[change["change"], change["rows"], change["series"]] for change in self.changes]
            show_table(f"Repaired in {self.out}", ["change", "rows", "first series"], rows)
            if self.after.errors:
                show_findings("Errors that are left", self.after)
        elif found.errors:
            say("There are errors: --fix OUT repairs those that need no judgement.")


def check(frame: pd.DataFrame, freq: str | int | None, out: str | None) -> Checked:
    """Audit a frame; repair it where `out` names a file.

    Raises:
        PanelError: there is an error that takes a person, and a repair was asked for.
    """
    before = audit(frame, freq)
    if out is None:
        return Checked(before)
    repaired, changes = fix(frame, freq)
    write_frame(out, repaired)
    say(f"Wrote {len(repaired)} rows to {out}.")
    return Checked(before, audit(repaired, freq), tuple(changes), out)


def show_findings(title: str, found: Audit) -> None:
    """Print the findings of an audit."""
    if not found.findings:
        show_facts({"findings": "none"})
        return
    rows = [[one.severity, one.code, one.count, f"{one.message} Fix: {one.fix}"] for one in found.findings]
    show_table(title, ["", "code", "count", "what, where, fix"], rows)
