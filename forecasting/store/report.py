"""The report of a model: how it was chosen and how well it did, kept beside it so that nobody has to ask MLflow."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from forecasting.errors import ArtifactError

#: A number of a leaderboard; None where nothing could be measured: JSON has no NaN.
Number = FiniteFloat | None


class Part(BaseModel):
    """A part of a report: never changed, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportRow(Part):
    """One model of the leaderboard.

    Attributes:
        model: its name.
        metrics: accuracy over all windows, by metric.
        train_seconds: wall-clock time of the training.
        predict_milliseconds: median time of one forecast of one series.
        artifact_bytes: size of the saved model.
        calibration_windows: windows that calibrate its intervals; 0 where they are the network's own.
    """

    model: str
    metrics: dict[str, Number]
    train_seconds: Number
    predict_milliseconds: Number
    artifact_bytes: int
    calibration_windows: int


class StepError(Part):
    """The error by step ahead.

    Attributes:
        measure: `MASE`, or `Perplexity` where symbols are forecast.
        values: [H] mean over all windows.
    """

    measure: str
    values: tuple[Number, ...]


class RunReference(Part):
    """The MLflow run of a training.

    Attributes:
        run_id: MLflow's id.
        address: of the tracking store, without credentials; None where it is in a folder of one machine.
    """

    run_id: str
    address: str | None = None


class Report(Part):
    """A backtest on rolling origins, fitted on the rows before the first one, of the model that is kept and others.

    The model that is kept was then fitted again on all rows: this is how well its kind did, not itself.

    Attributes:
        leaderboard: the models, the best first; the first is the one that is kept.
        left_out: why a model is not in it, by its name.
        windows: windows that were scored, over all series.
        error_by_step: of the model that is kept.
        coverage: share of what happened that lay inside its intervals, by their level in percent (`"80"`).
        run: where more is kept; None where nothing was logged.
    """

    leaderboard: tuple[ReportRow, ...] = Field(min_length=1)
    left_out: dict[str, str] = {}
    windows: int
    error_by_step: StepError
    coverage: dict[str, Number] = {}
    run: RunReference | None = None

    def recalibrated(self) -> Self:
        """Return the report of the model after its intervals were calibrated again, whose coverage nobody measured.

        The rows of the leaderboard tell of the backtest, and of the intervals that the model had there.
        """
        return self.model_copy(update={"coverage": {}})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build from the JSON form.

        Raises:
            ArtifactError: it is not what `to_dict` gives.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            place = "/".join(map(str, first["loc"]))
            text = f"The report of the model is none: {place}: {first['msg']}. Fix: fetch or train the model again."
            raise ArtifactError(text, code="report") from error
