"""Every error of the service as RFC 9457 `application/problem+json`: what, where, what was got, and the fix."""

from __future__ import annotations

import http
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from forecasting.errors import ForecastingError
from serving.exchange import current_exchange

logger = logging.getLogger("serving")

MEDIA_TYPE = "application/problem+json"

#: Errors listed in one answer; more help nobody and make the answer as large as the request.
MAX_ERRORS = 20

#: Longest name of the caller's own (an id, an unknown field) that an answer repeats.
MAX_NAME = 64


@dataclass(frozen=True)
class ErrorItem:
    """One thing that is wrong with a request.

    Attributes:
        pointer: RFC 6901 JSON pointer to it; "" is the whole body.
        code: short and stable.
        detail: what is wrong, what was got, and the fix; never the value itself.
    """

    pointer: str
    code: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818  (the word of RFC 9457)
    """An answer other than success.

    Attributes:
        status: HTTP status.
        code: short and stable; the last part of the problem's `type`.
        detail: a sentence for a person.
        errors: what exactly is wrong; the answer lists the first `MAX_ERRORS` of `total`.
        headers: headers that go with the status.
        total: how many errors there are, where it is more than `errors` holds.
    """

    status: int
    code: str
    detail: str
    errors: list[ErrorItem] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    total: int = 0

    def body(self) -> dict[str, Any]:
        """Return the problem as JSON values."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": http.HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": current_exchange().request_id,
            "code": self.code,
        }
        if self.errors:
            body["errors"] = [vars(error) for error in self.errors[:MAX_ERRORS]]
            body["total_errors"] = max(self.total, len(self.errors))
        return body

    def response(self) -> Response:
        """Return the problem as an answer."""
        current_exchange().code = self.code
        return Response(to_json(self.body()), self.status, dict(self.headers), content_type=MEDIA_TYPE)


def invalid(errors: list[ErrorItem], total: int = 0) -> Problem:
    """Return the 422 of a request that is legal JSON and means nothing; its code is that of the first error."""
    total = max(total, len(errors))
    more = f" ({total} errors in all)" if total > 1 else ""
    return Problem(422, errors[0].code, errors[0].detail + more, errors, total=total)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer to a place in the body.

    >>> pointer("series", 0, "a/b")
    '/series/0/a~1b'
    """
    return "".join("/" + shorten(str(part)).replace("~", "~0").replace("/", "~1") for part in parts)


def shorten(name: str) -> str:
    """Return a name of the caller's, cut where it is long."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


JSON_TYPES = {bool: "a boolean", int: "an integer", float: "a number", type(None): "null"}


def describe(value: Any) -> str:
    """Return what a JSON value is, without what it says.

    >>> describe("abc"), describe([1]), describe(None)
    ('a string of 3 characters', 'a list of 1', 'null')
    """
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    return JSON_TYPES.get(type(value), "something else")


def from_library(error: ForecastingError, place: str | None = None) -> ErrorItem:
    """Return an error of the library as an item of an answer."""
    where = place if place is not None else pointer(*([error.field] if error.field else []))
    return ErrorItem(where, error.code, str(error))


def register(app: Flask) -> None:
    """Make `app` answer every error with a problem."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(ForecastingError, lambda error: invalid([from_library(error)]).response())
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_unexpected)


def answer_http(error: HTTPException) -> Response:
    """Answer an error that Flask found: no such path, another method, and so on."""
    status = error.code or 500
    headers = {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    code, detail = HTTP_DETAILS.get(status, ("http_error", "The request cannot be answered."))
    return Problem(status, code, detail, headers=headers).response()


HTTP_DETAILS = {
    400: ("bad_request", "The request is not one that this server can read."),
    404: ("not_found", "There is nothing at this path. GET / lists the paths of this service."),
    405: ("method_not_allowed", "This path does not take this method; the Allow header lists those it takes."),
}


def answer_unexpected(error: Exception) -> Response:
    """Answer an error that nobody foresaw: the trace goes to the log, the request id to both."""
    logger.error("request %s failed", current_exchange().request_id, exc_info=error)
    detail = "Something went wrong here, not in your request. Report it with the request id in `instance`."
    return Problem(500, "internal_error", detail).response()


def first_errors(found: Iterable[ErrorItem]) -> tuple[list[ErrorItem], int]:
    """Return the first `MAX_ERRORS` of many errors, and how many there are."""
    kept: list[ErrorItem] = []
    total = 0
    for total, error in enumerate(found, start=1):  # the last number is the count
        if total <= MAX_ERRORS:
            kept.append(error)
    return kept, total
