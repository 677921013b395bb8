"""A training as an MLflow run: explicit logging only, in a store of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.schema import DS, UNIQUE_ID, Y
from forecasting.store import registry
from forecasting.store.artifact import Artifact
from forecasting.store.golden import golden_panel
from forecasting.store.home import embedded_uri, home, tracking_uri
from forecasting.store.model_folder import verify
from forecasting.store.registry import BUNDLE, Version

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecasting.config.task import Task

#: MLflow takes at most this many metrics a call.
METRICS_PER_CALL = 1000


@contextmanager
def run(name: str, experiment: str, parent: Run | None = None, run_id: str | None = None) -> Iterator[Run]:
    """Start a run and end it, as failed when an error passes through.

    Args:
        name: name of the run.
        experiment: name of the experiment; made when it does not exist.
        parent: the run that this one belongs to.
        run_id: a run that goes on; a new one where there is none of this id.
    """
    import mlflow

    with (
        registry.use_store(),
        mlflow.start_run(
            run_id=run_id if run_id and has_run(run_id) else None,
            experiment_id=experiment_id(experiment),
            run_name=name,
            parent_run_id=parent.run_id if parent else None,
            nested=parent is not None,
            log_system_metrics=parent is None,
        ) as active,
    ):
        yield Run(active.info.run_id)


def has_run(run_id: str) -> bool:
    """Whether the store has a run of this id that is not deleted."""
    from mlflow.exceptions import MlflowException

    try:
        return bool(registry.client().get_run(run_id).info.lifecycle_stage == "active")
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False


def experiment_id(name: str) -> str:
    """Return the id of the experiment, made with its artifacts in `home()` where the store is the embedded one."""
    client = registry.client()
    found = client.get_experiment_by_name(name)
    if found:
        return found.experiment_id
    is_embedded = tracking_uri() == embedded_uri()
    location = (home() / "artifacts").as_uri() if is_embedded else None
    return client.create_experiment(name, artifact_location=location)


@dataclass(frozen=True)
class Run:
    """An active MLflow run.

    Attributes:
        run_id: MLflow's id.
    """

    run_id: str

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters."""
        import mlflow

        mlflow.log_params({name: value for name, value in values.items() if value is not None})

    def metrics(self, values: Mapping[str, float]) -> None:
        """Log metrics; numbers that are not finite are left out."""
        import math

        import mlflow

        mlflow.log_metrics({name: value for name, value in values.items() if math.isfinite(value)})

    def history(self, looks: Sequence[Mapping[str, float]]) -> None:
        """Log the metrics of every look at the validation windows, in few calls; each has its `step`."""
        import time

        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        found = [
            Metric(name, value, now, int(row["step"])) for row in looks for name, value in row.items() if name != "step"
        ]
        for start in range(0, len(found), METRICS_PER_CALL):
            registry.client().log_batch(self.run_id, metrics=found[start : start + METRICS_PER_CALL])

    def dataset(self, frame: pd.DataFrame, name: str, fingerprint: str) -> None:
        """Log what the run was trained on: its shape and our own fingerprint of all of it, never the rows."""
        import mlflow

        data = mlflow.data.from_pandas(frame, name=name, targets=Y, digest=fingerprint[:32])
        mlflow.log_input(data, context="training")

    def table(self, frame: pd.DataFrame, file: str) -> None:
        """Log a table as JSON, which MLflow's page shows."""
        import mlflow

        mlflow.log_table(frame.astype(dict.fromkeys(frame.select_dtypes("datetime"), str)), file)

    def text(self, text: str, file: str) -> None:
        """Log a text file; one of the same name is replaced."""
        import mlflow

        mlflow.log_text(text, file)

    def figure(self, figure: Figure, file: str) -> None:
        """Log a picture."""
        import mlflow

        mlflow.log_figure(figure, file)

    def model(self, model: Artifact, name: str | None = None) -> Logged:
        """Log a model, and register it where a name is given."""
        import mlflow

        from forecasting.store import pyfunc_file

        task = model.predictor.task
        with tempfile.TemporaryDirectory(prefix="forecast-") as part:
            folder = model.write(Path(part) / BUNDLE)
            digest = verify(folder)
            info = mlflow.pyfunc.log_model(
                name=model.predictor.spec.model,
                python_model=str(pyfunc_file.PATH),
                artifacts={BUNDLE: str(folder)},
                signature=model_signature(task),
                input_example=(generated_example(task), {"horizon": task.horizon}),
                pip_requirements=pyfunc_file.requirements(),
                model_type="forecaster",
            )
        if name is None:
            return Logged(info.model_id, None)
        version = mlflow.register_model(info.model_uri, name)
        registry.client().set_model_version_tag(name, version.version, registry.DIGEST_TAG, digest)
        return Logged(info.model_id, registry.lookup(registry.Reference(name, version=str(version.version))))


@dataclass(frozen=True)
class Logged:
    """A logged model: MLflow's id of it, and its version where it was registered."""

    model_id: str
    version: Version | None


def generated_example(task: Task) -> pd.DataFrame:
    """Return a generated history of one series, as an input example: no rows of anyone's data.

    Where covariates are known ahead, the rows of its future follow, without `y`.
    """
    import numpy as np
    import pandas as pd

    from forecasting.data.covariates import missing_like
    from forecasting.data.symbols import symbols_at

    panel = golden_panel(task).select(np.array([0])).with_ahead(task.horizon)
    ahead = panel.covariates.ahead
    rows = len(panel.y) + ahead
    codes = np.append(panel.y, np.full(ahead, np.nan))
    columns: dict[str, Any] = {
        UNIQUE_ID: panel.ids.repeat(rows),
        DS: panel.to_output(panel.grid(ahead)),
        Y: symbols_at(task.symbols, codes) if task.symbols else codes,
        **{name: values.repeat(rows) for name, values in panel.statics.items()},
        **panel.covariates.known,
        **{name: np.append(values, missing_like(values, ahead)) for name, values in panel.covariates.past.items()},
    }
    return pd.DataFrame(columns)


def model_signature(task: Task) -> Any:
    """Return the MLflow signature: the long frame, and the parameters of a forecast."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    time = "long" if isinstance(task.freq, int) else "datetime"
    target = "string" if task.symbols else "double"
    beside = (*task.static_covariates, *task.known_covariates, *task.past_covariates)
    covariates = [ColSpec("string" if categories else "double", name) for name, categories in beside]
    columns = Schema([ColSpec("string", UNIQUE_ID, required=False), ColSpec(time, DS), ColSpec(target, Y), *covariates])
    params = [
        ParamSpec("horizon", "long", -1),
        ParamSpec("level", "double", [-1.0], (-1,)),
        ParamSpec("quantile_levels", "double", [-1.0], (-1,)),
    ]
    if task.symbols:
        params = [params[0], ParamSpec("probabilities", "boolean", False)]
    return ModelSignature(inputs=columns, outputs=None, params=ParamSchema(params))
