"""What weather is worth: the error of one GRU without it, with its past alone, and with it known ahead.

The weather known ahead is what was measured, as if its forecast were perfect: an upper bound of what a forecast gives.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.common import chosen, data, show

#: Weights, windows and dropout are drawn from these, the same for every variant; one seed differs from the next by up
#: to a tenth.
SEEDS = tuple(map(int, chosen("FORECAST_SEEDS", ("1", "2", "3"))))

#: A small network and few steps: the comparison is of columns, on a laptop in minutes.
UNITS, STEPS = 64, 600

VARIANTS = ("none", "past only", "known ahead")


@dataclass(frozen=True)
class Case:
    """A data set with weather, and the origins that score it: `windows` of `horizon` steps at its end."""

    name: str
    horizon: int
    windows: int
    weather: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return the rows."""
        if self.name == "traffic":
            from forecasting import load_sample

            return load_sample("traffic")
        return pd.read_parquet(data(self.name))


CASES = (
    # One of five columns, chosen on the 90 days before those that are scored: the numbers gained nothing there.
    Case("traffic", 24, 90, ("weather_main",)),
    Case("bike_sharing_hourly", 24, 60, ("weather", "temp", "atemp", "hum", "windspeed")),
    Case("vic_elec_halfhourly", 48, 60, ("temperature",)),
)


def errors(case: Case, frame: pd.DataFrame, variant: str, seed: int) -> dict[str, float]:
    """Return the metrics of a GRU that was fitted on the rows before the first origin and saw none after."""
    from forecasting import Forecaster, Training
    from forecasting.data.panel import Panel

    known = case.weather if variant == "known ahead" else ()
    past = case.weather if variant == "past only" else ()
    panel = Panel.from_frame(frame, known=known, past=past)
    training = Training(steps=STEPS, seed=seed)
    forecaster = Forecaster(
        "gru", case.horizon, known_covariates=known, past_covariates=past, training=training, units=UNITS
    )
    return forecaster.backtest_panel(panel, case.windows).metrics()


def main(as_json: bool) -> None:
    """Print MAE and MASE of every variant, averaged over the seeds, and the share of the error that weather takes."""
    rows = []
    for case in CASES:
        frame = case.frame()
        found: dict[str, dict[str, float]] = {}
        for variant in VARIANTS:
            runs = [errors(case, frame, variant, seed) for seed in SEEDS]
            found[variant] = {name: float(np.mean([run[name] for run in runs])) for name in ("mae", "mase")}
            scores = [round(run["mase"], 4) for run in runs]
            print(f"{case.name}, {variant}: MASE by seed {scores}", file=sys.stderr, flush=True)
            rows.append(
                {
                    "data": case.name,
                    "weather": variant,
                    "MAE": found[variant]["mae"],
                    "MASE": found[variant]["mase"],
                    "change of MAE, %": 100 * (found[variant]["mae"] / found["none"]["mae"] - 1),
                }
            )
    show(f"One GRU with and without weather, seeds {', '.join(map(str, SEEDS))}", rows, as_json)
