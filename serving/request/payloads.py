"""What a forecast request looks like: strict, unknown fields refused."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from forecasting.schema import SINGLE_SERIES_ID
from serving.request.numbers import Missing
from serving.request.timestamps import Unit

#: Stands for a horizon that was not given; one that was is at least 1.
TRAINED_HORIZON = 0


def refuse_control_characters(text: str) -> str:
    """Raise where a text has a character that no name has: NUL, line ends, other controls."""
    if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
        raise PydanticCustomError("control_character", "Input should have no control characters")
    return text


def require_time_type(value: Any) -> Any:
    """Raise unless a value is of a type that a time can have: text or an integer; null is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
        raise PydanticCustomError("timestamp_type", "Input should be an ISO 8601 text, or an integer for integer steps")
    return value


def require_frequency_type(value: Any) -> Any:
    """Raise unless a value is of a type that a frequency can have; null is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
        raise PydanticCustomError("freq_type", "Input should be an offset alias such as 'h' or 'D', or an integer")
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(refuse_control_characters)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Levels = Annotated[list[Finite], Field(max_length=100, fail_fast=True)]


class Strict(BaseModel):
    """A part of a message: no coercion, no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class SeriesIn(Strict):
    """One series: its times and values, oldest first.

    Attributes:
        unique_id: name, echoed in the answer; a lone series needs none.
        ds: time of each value, ISO 8601 or integers.
        start: time of the first value, instead of `ds`.
        y: numbers, or texts where the model forecasts symbols; null is missing.
        known_covariates: for each known covariate of the model, a number or a category for each value of `y` and then
            for each step ahead; null is missing.
        past_covariates: for each past-only covariate of the model, one for each value of `y`.
        static_covariates: a number or a category for each static covariate of the model.
    """

    unique_id: Text = SINGLE_SERIES_ID
    # Checked element by element where the place of a mistake is known, and much faster there.
    ds: list[Any] | None = Field(default=None, json_schema_extra={"items": {"type": ["string", "integer"]}})
    start: Annotated[Any, AfterValidator(require_time_type)] = None
    y: list[Any] = Field(json_schema_extra={"items": {"type": ["number", "string", "null"]}})
    known_covariates: dict[str, Any] = {}
    past_covariates: dict[str, Any] = {}
    static_covariates: dict[str, Any] = {}


class ForecastIn(Strict):
    """A forecast request.

    Attributes:
        model: NAME, NAME@alias or NAME/version of a served model; the first one served by default.
        series: `SeriesIn` values.
        freq: frequency of the times; the model's own by default.
        timezone: zone of times without an offset, and of the answer.
        unit: what integers count since 1970 in UTC, where they stand for timestamps.
        horizon: steps ahead; as many as the model was trained for by default.
        level: central intervals wanted, in percent.
        quantile_levels: quantiles wanted, instead of `level`.
        missing: whether null in `y` is masked or an error.
        fill: whether rows missing between two others are put back as missing values.
        strict: whether unsorted rows are an error.
        on_error: whether one bad series fails the request or is reported beside the others.
    """

    model: Text | None = None
    series: list[Any]
    freq: Annotated[Any, AfterValidator(require_frequency_type)] = None
    timezone: Text | None = None
    unit: Unit | None = None
    horizon: int = TRAINED_HORIZON
    level: Levels | None = None
    quantile_levels: Levels | None = None
    missing: Missing = "mask"
    fill: bool = False
    strict: bool = False
    on_error: Literal["fail", "partial"] = "fail"
