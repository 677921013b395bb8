"""The MLflow model for MLflow's own users: the predictor behind `mlflow.pyfunc.load_model(...).predict`.

MLflow runs this file when such a model is loaded; our own service never does: it reads the model folder.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from forecasting import artifact
from forecasting.data.future import panel_for, with_known_future
from forecasting.forecast_frame import forecast_frame
from forecasting.registry import BUNDLE

#: MLflow's array parameters cannot default to None: this value stands for "not given".
NOT_GIVEN = -1.0


class ForecastModel(PythonModel):
    """Long frame in (`unique_id, ds, y` and covariates), forecast frame out.

    Where covariates are known ahead, the rows at the end of a series that have no `y` are its future.

    Params: `horizon`, and `level` and `quantile_levels` of numbers or `probabilities` of symbols.
    """

    def load_context(self, context: Any) -> None:
        """Read and verify the model folder."""
        self.predictor, _ = artifact.read(context.artifacts[BUNDLE])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Forecast the end of every series of the frame."""
        params = params or {}
        task = self.predictor.task
        asked = int(params.get("horizon", NOT_GIVEN))
        horizon = None if asked == NOT_GIVEN else asked
        panel = with_known_future(panel_for(model_input, task), task, horizon, None)
        frame, answer = forecast_frame(
            self.predictor,
            panel,
            horizon,
            level=given(params.get("level", ())),
            quantile_levels=given(params.get("quantile_levels", ())),
            probabilities=bool(params.get("probabilities", False)),
        )
        answer.raise_problems()
        return frame


def given(values: Any) -> list[float]:
    """Return an array parameter, empty where it holds the sentinel."""
    return [float(value) for value in values if value != NOT_GIVEN]


set_model(ForecastModel())
