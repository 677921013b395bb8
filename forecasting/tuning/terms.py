"""What a search is asked for: its measure, its limits, its place, and what makes two searches the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from forecasting.choices import NAMES
from forecasting.config.space import Space
from forecasting.config.strict import is_count, require
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from forecasting.evaluation.metrics import POINT_METRICS, QUANTILE_METRICS, RANKED_BY, SYMBOL_METRICS
from forecasting.tuning.candidate import Candidate


@dataclass(frozen=True)
class Measure:
    """What a trial is measured by.

    Attributes:
        metric: one of the metrics of forecasts; MASE, or perplexity of symbols, when None.
        windows: rolling origins per series.
        step: steps between origins; the horizon when None.
        hold_out: horizons at the end of every series that the search never sees, for an honest test of its result.
    """

    metric: str | None = None
    windows: int = 5
    step: int | None = None
    hold_out: int = 0

    def __post_init__(self) -> None:
        known = [*POINT_METRICS, *QUANTILE_METRICS, *SYMBOL_METRICS]
        require(self.metric is None or self.metric in known, "metric", f"one of {', '.join(known)}", self.metric)
        require(is_count(self.windows), "windows", "an integer of at least 1", self.windows)
        require(self.step is None or is_count(self.step), "step", "an integer of at least 1", self.step)
        require(is_count(self.hold_out, 0), "hold_out", "an integer of at least 0", self.hold_out)


@dataclass(frozen=True)
class Limits:
    """When a search ends.

    Attributes:
        trials: trials of the study in all, those of former calls too.
        seconds: wall-clock time of this call; a trial that runs over it is stopped at its next step. None: no limit.
        clock: gives the seconds.
    """

    trials: int = 20
    seconds: float | None = None
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        require(is_count(self.trials), "trials", "an integer of at least 1", self.trials)
        require(self.seconds is None or self.seconds > 0, "seconds", "above 0, or left out", self.seconds)


@dataclass(frozen=True)
class Place:
    """Where a study is kept.

    Attributes:
        name: of the study; when None, one that is the same for the same search on the same data.
        storage: SQLAlchemy URL of the database; one in `home()` when None.
    """

    name: str | None = None
    storage: str | None = None


def metric_of(measure: Measure, candidates: Sequence[Candidate]) -> str:
    """Return the metric that ranks.

    Raises:
        ConfigError: a candidate has no such metric.
    """
    numbers, symbols = RANKED_BY
    for candidate in candidates:
        has_symbols = candidate.spec.has_symbols
        known = [*SYMBOL_METRICS] if has_symbols else [*POINT_METRICS]
        if not has_symbols and candidate.choices.gives_quantiles:
            known += QUANTILE_METRICS
        metric = measure.metric or (symbols if has_symbols else numbers)
        require(metric in known, "metric", f"one that {candidate.spec.alias} has ({', '.join(known)})", metric)
    return metric


def require_open(spaces: Mapping[str, Mapping[str, Space]]) -> None:
    """Check that there is something to choose about every candidate.

    Raises:
        ConfigError: there is a candidate without an open choice.
    """
    for name, open_choices in spaces.items():
        if not open_choices:
            text = f"There is nothing to search about {name}: it has no open choice. Fix: leave it to the leaderboard."
            raise ConfigError(text, code="nothing_open", field="model")


def asked_of(
    panel: Panel,
    candidates: Mapping[str, Candidate],
    measure: Measure,
    metric: str,
    spaces: Mapping[str, Mapping[str, Space]],
) -> dict[str, Any]:
    """Return what is searched on which data, as JSON keeps it: two searches of the same have the same."""
    choices = {name: one.choices for name, one in candidates.items()}
    said = {name: asdict(one) for name, one in choices.items()}
    asked = {
        "data": panel.fingerprint(),
        "freq": panel.frequency.alias,
        **{name: [one[name] for one in said.values()] for name in NAMES if name != "training"},
        "horizon": [one.horizon for one in choices.values()],
        "models": {name: one.spec.to_dict() for name, one in choices.items()},
        "training": {name: one.training.to_dict() for name, one in choices.items()},
        "metric": metric,
        "windows": measure.windows,
        "step": measure.step,
        "spaces": {name: {key: asdict(one) for key, one in found.items()} for name, found in spaces.items()},
        "seed": next(iter(choices.values())).training.seed,
    }
    kept: dict[str, Any] = json.loads(json.dumps(asked))
    return kept
