"""The calibrating job: a trained model with new intervals, kept as one that was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.console import say
from pipelines.journal import journal
from pipelines.training import KeepRequest, Trained, keep, require_keepable

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.forecaster import Forecaster


def calibrate(forecaster: Forecaster, frame: pd.DataFrame, windows: int | None, request: KeepRequest) -> Trained:
    """Calibrate a trained model again on the rows at the end of a frame, and keep it.

    Args:
        forecaster: the model, as loaded.
        frame: observed values that go on after those it was trained on.
        windows: horizons that calibrate; as it was trained when None.
        request: where to put it.

    Raises:
        ForecastingError: the data, the model, its place or the registry has a problem.
    """
    require_keepable(request)
    trained = Trained(forecaster.calibrate(frame, windows))
    facts = forecaster.facts
    say(f"Calibrated on {facts.calibration_windows} windows since {facts.calibration_start}.")
    with journal(f"{request.name} calibrated", request.experiment, request.is_tracked) as run:
        trained.run_id = run.run_id
        keep(run, trained, frame, request)
    return trained
