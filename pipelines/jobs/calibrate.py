"""The calibration job: a trained model with new intervals, kept as one that was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.jobs.contest import Contest
from pipelines.jobs.journal import open_journal
from pipelines.jobs.keep import keep_model, require_keepable
from pipelines.jobs.train import Trained
from pipelines.terminal.console import say

if TYPE_CHECKING:
    from forecasting.forecaster import Forecaster
    from pipelines.files.sources import NamedFrame
    from pipelines.options.requests import KeepRequest


def calibrate_model(forecaster: Forecaster, data: NamedFrame, windows: int | None, keep: KeepRequest) -> Trained:
    """Calibrate a trained model again on the rows at the end of the data, and keep it.

    Args:
        forecaster: the model, as loaded.
        data: observed values that go on after those it was trained on.
        windows: horizons that calibrate; as it was trained when None.
        keep: where it goes.

    Raises:
        ForecastingError: the data, the model, its place or the registry has a problem.
    """
    require_keepable(keep)
    calibrated, contest = forecaster.calibrate(data.frame, windows), Contest()
    facts = calibrated.facts
    say(f"Calibrated on {facts.calibration_windows} windows since {facts.calibration_start}.")
    with open_journal(f"{data.name} calibrated", keep.register or data.name, keep.track) as journal:
        return Trained(calibrated, contest, keep_model(calibrated, contest, data, keep, journal))
