"""Every door of the service, asked the same question: notebook, batch job, REST, scoring protocol, MLflow's model.

A door is a function of a `Champion`, a `Question` and an empty folder; it returns the forecast frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from click.testing import CliRunner

from forecasting import Forecaster
from forecasting.store import registry, tracking
from pipelines.cli import main
from tests.serving.conftest import loaded_app

NEW_NAMES = {"s0": "zebra", "s1": "ant"}


@dataclass(frozen=True, eq=False)
class Champion:
    """A fitted forecaster, the name of its registered model, and a client of an application that serves it."""

    forecaster: Forecaster
    name: str
    client: Any

    @classmethod
    def of(cls, forecaster, name):
        """Register a forecaster, make it the champion and serve it."""
        with tracking.run(name, "tests") as run:
            version = run.model(forecaster.fitted.artifact, name).version
        registry.promote(name, version.version)
        return cls(forecaster, name, loaded_app(f"{name}@champion").test_client())

    @property
    def reference(self):
        return f"{self.name}@champion"


@dataclass(frozen=True, eq=False)
class Question:
    """Histories, the known covariates after them (where there are any), and the levels of intervals."""

    history: pd.DataFrame
    future: pd.DataFrame | None = None
    level: tuple[float, ...] = ()

    def changed(self, change):
        """Return the question with a change made to its frames."""
        return Question(change(self.history), None if self.future is None else change(self.future), self.level)


def by_notebook(champion, question, tmp_path):
    loaded = Forecaster.load(champion.reference)
    return loaded.predict(question.history, future=question.future, level=question.level or None)


def by_batch(champion, question, tmp_path):
    data, options = tmp_path / "history.parquet", ["--parts", 2]
    question.history.to_parquet(data)
    if question.future is not None:
        question.future.to_parquet(tmp_path / "future.parquet")
        options += ["--future", tmp_path / "future.parquet"]
    if question.level:
        options += ["--level", ",".join(map(str, question.level))]
    return run_batch(data, champion.reference, tmp_path / "out", *options)


def by_rest(champion, question, tmp_path):
    body = {"model": champion.name, "series": series_of(question, champion.forecaster.predictor.task)}
    answer = champion.client.post("/v1/forecast", json=body | ({"level": question.level} if question.level else {}))
    assert answer.status_code == 200, answer.text
    alias = champion.forecaster.spec.alias
    return pd.concat([frame_of(one, alias) for one in answer.json["forecasts"]], ignore_index=True)


def by_invocations(champion, question, tmp_path):
    rows = with_future(question, champion.forecaster.predictor.task)
    rows = rows.assign(ds=rows["ds"].map(lambda time: time.isoformat()))
    records = pd.DataFrame({name: pd.Series(nulls(rows[name]), dtype=object) for name in rows}).to_dict("records")
    answer = champion.client.post("/invocations", json={"dataframe_records": records, "params": params(question)})
    assert answer.status_code == 200, answer.text
    return pd.DataFrame(answer.json["predictions"])


def by_mlflow(champion, question, tmp_path):
    rows = with_future(question, champion.forecaster.predictor.task)
    with registry.use_store():
        return mlflow.pyfunc.load_model(f"models:/{champion.reference}").predict(rows, params=params(question))


DOORS = [by_notebook, by_batch, by_rest, by_invocations, by_mlflow]


def require_same_numbers(found, expected, rtol=1e-6):
    """Check that a frame has the rows and the numbers of another one, whatever the order of its rows."""
    found = found.assign(ds=pd.to_datetime(found["ds"])).sort_values(["unique_id", "ds"])
    expected = expected.sort_values(["unique_id", "ds"])
    assert list(found["unique_id"]) == list(expected["unique_id"])
    assert list(found["ds"]) == list(expected["ds"])
    for column in expected.columns.drop(["unique_id", "ds", "status"]):
        np.testing.assert_allclose(found[column].astype(float), expected[column], rtol=rtol, err_msg=column)


def same(frame):
    return frame


def shuffled(frame):
    return frame.sample(frac=1, random_state=3)


def renamed(frame):
    return frame.assign(unique_id=frame["unique_id"].map(NEW_NAMES))


def named_back(frame):
    """Undo `renamed`, where it was done."""
    return frame.assign(unique_id=frame["unique_id"].replace({new: old for old, new in NEW_NAMES.items()}))


def params(question):
    """Return the parameters of a question as MLflow takes them."""
    return {"level": list(question.level)} if question.level else {}


def run_batch(data, model, out, *options):
    """Run a batch job and return what it wrote."""
    arguments = ["batch", data, "--model", model, "--out", out, *options]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return forecasts_in(out)


def forecasts_in(out):
    """Return the forecasts that a batch job wrote into a folder."""
    parts = [pd.read_parquet(path) for path in sorted(out.glob("run=*/part=*/data.parquet"))]
    return pd.concat(parts, ignore_index=True)


def nulls(column):
    """Return a column as JSON has it."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def series_of(question, task):
    """Return a question as the series of a request, with the covariates that the task names."""
    found = []
    for name, part in question.history.sort_values("ds").groupby("unique_id"):
        one = {"unique_id": name, "ds": [time.isoformat() for time in part["ds"]], "y": nulls(part["y"])}
        if task.known_names:
            ahead = question.future[question.future["unique_id"] == name].sort_values("ds")
            one["known_covariates"] = {known: nulls(part[known]) + nulls(ahead[known]) for known in task.known_names}
        if task.past_names:
            one["past_covariates"] = {past: nulls(part[past]) for past in task.past_names}
        if task.static_covariates:
            one["static_covariates"] = {static: nulls(part[static])[0] for static, _ in task.static_covariates}
        found.append(one)
    return found


def frame_of(forecast, alias):
    """Return a forecast of an answer as a forecast frame."""
    bounds = {
        f"{alias}-{side}-{level}": values
        for level, sides in (forecast.get("intervals") or {}).items()
        for side, values in sides.items()
    }
    return pd.DataFrame({"unique_id": forecast["unique_id"], "ds": forecast["ds"], alias: forecast["point"], **bounds})


def with_future(question, task):
    """Return history and future as one frame: the future has no y, nothing of the past alone, and the same statics."""
    if question.future is None:
        return question.history
    statics = [name for name, _ in task.static_covariates]
    of_series = question.history.groupby("unique_id")[statics].first()
    return pd.concat([question.history, question.future.join(of_series, on="unique_id")], ignore_index=True)
