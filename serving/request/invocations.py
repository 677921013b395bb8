"""The body of MLflow's scoring protocol in our terms: a table, and what is asked of its series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from forecasting.config.task import Task
from serving.http.media import CSV
from serving.http.problems import Problem
from serving.http.refusals import ErrorItem, Refusal
from serving.http.strict_json import parse_json
from serving.request.frames import from_csv, from_records, from_split
from serving.request.payloads import TRAINED_HORIZON, Levels, Strict
from serving.request.tables import Table
from serving.request.validation import validate

#: MLflow's array parameters cannot default to nothing: this value stands for it.
NOT_GIVEN = -1


class Params(Strict):
    """The parameters of the model's MLflow signature."""

    horizon: int = TRAINED_HORIZON
    level: Levels | None = None
    quantile_levels: Levels | None = None
    probabilities: bool = False

    def fields(self) -> dict[str, Any]:
        """Return those that were given as fields of a forecast request, without MLflow's stand-ins for nothing."""
        levels = {"level": self.level, "quantile_levels": self.quantile_levels}
        fields: dict[str, Any] = {
            name: [one for one in given or () if one != NOT_GIVEN] for name, given in levels.items()
        }
        if "horizon" in self.model_fields_set and self.horizon != NOT_GIVEN:
            fields["horizon"] = self.horizon
        return fields


class Payload(Strict):
    """The JSON body of a scoring request: one of the frames, and parameters."""

    dataframe_split: Any = None
    dataframe_records: Any = None
    params: dict[str, Any] | None = None


@dataclass(frozen=True)
class Invocation:
    """A scoring request.

    Attributes:
        table: the frame.
        rows: those of each of its series, by id.
        fields: those of a forecast request, the series apart.
        shows_probabilities: whether the answer has a column for each symbol.
    """

    table: Table
    rows: Mapping[str, list[int]]
    fields: Mapping[str, Any] = field(default_factory=dict)
    shows_probabilities: bool = False

    def request(self, task: Task) -> dict[str, Any]:
        """Return the forecast request that asks the same, as a JSON value.

        Raises:
            Refusal: a static covariate is not the same in all rows of a series.
        """
        return {"series": [self.table.series(name, rows, task) for name, rows in self.rows.items()], **self.fields}

    @contextmanager
    def located(self) -> Iterator[None]:
        """Let errors about that request point at rows and parameters of this one."""
        try:
            yield
        except Refusal as refusal:
            raise Refusal(self.locate(refusal.errors), refusal.total) from refusal
        except Problem as problem:
            raise replace(problem, errors=self.locate(problem.errors)) from problem

    def locate(self, errors: list[ErrorItem]) -> list[ErrorItem]:
        """Return errors about the forecast request as errors about this one."""
        rows = [*self.rows.values()]
        return [replace(error, pointer=self.table.locate(error.pointer, rows)) for error in errors]


def read_invocation(body: bytes, media_type: str, task: Task, max_rows: int) -> Invocation:
    """Read a scoring request.

    Args:
        body: of the request.
        media_type: of the body.
        task: of the model that will answer.
        max_rows: rows that a frame may have.

    Raises:
        Problem: 400, the body cannot be read; 413, the frame has too many rows.
        Refusal: it is no scoring request.
    """
    if media_type == CSV:
        table, params = from_csv(body, task), Params()
    else:
        payload = validate(Payload, parse_json(body))
        require_one_frame(payload)
        params = read_params(payload, task)
        table = read_frame(payload, task)
    if table.n_rows > max_rows:
        raise Problem(413, "too_many_points", f"A frame may have {max_rows} rows.")
    return Invocation(table, table.rows_of_series(), params.fields(), params.probabilities)


def require_one_frame(payload: Payload) -> None:
    """Raise a `Refusal` where a scoring request has no frame, or two."""
    if len({"dataframe_split", "dataframe_records"} & payload.model_fields_set) != 1:
        text = "Send exactly one of `dataframe_split` and `dataframe_records`, or a text/csv body."
        raise Refusal.of((), "one_frame", text)


def read_params(payload: Payload, task: Task) -> Params:
    """Return the parameters of a scoring request.

    Raises:
        Refusal: one is unknown or of a wrong type, or the model has no probabilities.
    """
    params = validate(Params, payload.params or {}, ("params",))
    if params.probabilities and not task.symbols:
        detail = "This model forecasts numbers, which have no probabilities. Leave it out."
        raise Refusal.of(("params", "probabilities"), "no_probabilities", detail)
    return params


def read_frame(payload: Payload, task: Task) -> Table:
    """Return the frame of a scoring request.

    Raises:
        Refusal: it is no frame, or lacks a column.
    """
    covariates = [name for name, _ in task.all_covariates]
    if "dataframe_split" in payload.model_fields_set:
        return from_split(payload.dataframe_split, covariates)
    return from_records(payload.dataframe_records, covariates)
