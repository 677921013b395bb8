"""The check job: an audit, and the repaired data where that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.data.checks.audit import Audit, audit
from forecasting.data.checks.plan import Plan
from forecasting.data.checks.repair import repair
from pipelines.files.sinks import write_frame, write_text
from pipelines.options.requests import RepairRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RepairResult:
    """What a repair made of the data.

    Attributes:
        out: where the repaired data is.
        plan: what was done, so that it can be done again.
        changes: what that came to, a record for each kind of change.
        audit: the audit of the repaired data.
    """

    out: str
    plan: Plan
    changes: tuple[dict[str, Any], ...]
    audit: Audit

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "out": self.out,
            "plan": self.plan.to_dict(),
            "changes": list(self.changes),
            "after": self.audit.to_dict(),
        }


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        audit: the audit of the data as it came.
        repaired: what a repair made of it; None where none was asked for.
    """

    audit: Audit
    repaired: RepairResult | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the data, or else the repaired data, has no errors."""
        return not (self.repaired.audit if self.repaired else self.audit).errors

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        repaired = self.repaired.to_dict() if self.repaired else None
        series = self.audit.series_records()
        return {**self.audit.to_dict(), "per_series": series, "usable": self.is_usable, "fix": repaired}


def check_data(frame: pd.DataFrame, freq: str | int | None, request: RepairRequest | None = None) -> CheckResult:
    """Audit a frame; repair it where that is asked for.

    Raises:
        PanelError: there is an error that the plan leaves to a person, and a repair was asked for.
        ConfigError: the plan means nothing.
    """
    if request is None:
        return CheckResult(audit(frame, freq, Plan(freq).now))
    plan = plan_of(request, freq)
    before = audit(frame, plan.freq, plan.now)
    return CheckResult(before, repair_data(frame, plan, request))


def plan_of(request: RepairRequest, freq: str | int | None) -> Plan:
    """Return the plan that a repair carries out.

    Raises:
        ConfigError: the file holds none, or a code has no such action.
    """
    plan = Plan.read(request.plan) if request.plan and Path(request.plan).exists() else Plan()
    return replace(plan, freq=plan.freq if freq is None else freq).having(request.actions)


def repair_data(frame: pd.DataFrame, plan: Plan, request: RepairRequest) -> RepairResult:
    """Carry out a plan; write the repaired data, and the plan where its file is not there yet."""
    repaired = repair(frame, plan)
    done = repaired.plan
    write_frame(request.out, repaired.frame)
    say(f"Wrote {len(repaired.frame)} rows to {request.out}.")
    if request.plan and not Path(request.plan).exists():
        write_text(request.plan, done.to_json())
        say(f"Wrote the plan to {request.plan}.")
    return RepairResult(request.out, done, tuple(repaired.changes), audit(repaired.frame, done.freq, done.now))
