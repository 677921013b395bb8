"""What the answer to a forecast request looks like: the contract that callers rely on, strict."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from serving.request.payloads import Strict

Finite = Annotated[float, Field(allow_inf_nan=False)]


class ModelOut(Strict):
    """Which model answered."""

    name: str
    version: str | None
    alias: str | None
    digest: str


class WarningOut(Strict):
    """Something that was repaired or that weakens the forecast."""

    code: str
    detail: str


class ErrorOut(Strict):
    """Something wrong with one series of a request with `on_error: partial`."""

    pointer: str
    code: str
    detail: str


class IntervalOut(Strict):
    """The bounds of one central interval, per step; null where a fallback knows none (warning `no_interval`)."""

    lo: list[Finite | None]
    hi: list[Finite | None]


class SeriesOut(Strict):
    """The forecast of one series; with status `error` its lists are empty and `errors` says why."""

    unique_id: str | None
    ds: list[str] | list[int]
    point: list[Finite] | list[str]
    quantiles: dict[str, list[Finite | None]] = Field(default_factory=dict)
    intervals: dict[str, IntervalOut] = Field(default_factory=dict)
    probabilities: dict[str, list[Finite]] = Field(default_factory=dict)
    status: str
    warnings: list[WarningOut]
    errors: list[ErrorOut] = Field(default_factory=list)


class ForecastOut(Strict):
    """The answer to a forecast request: one entry per series, in their order."""

    model: ModelOut
    request_id: str
    forecasts: list[SeriesOut]
