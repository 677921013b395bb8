"""Every error of the service as RFC 9457 `application/problem+json`: what, where, what was got, and the fix."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from forecasting.errors import ForecastingError
from serving.http.exchange import current_exchange
from serving.http.media import PROBLEM
from serving.http.refusals import MAX_ERRORS, ErrorItem, Refusal

logger = logging.getLogger("serving")

#: Code of a series for which the model gave no finite number: an error of ours, where others are the caller's.
NON_FINITE = "non_finite_output"


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

    @classmethod
    def of(cls, refusal: Refusal) -> Problem:
        """Return the 422 of a request that is legal JSON and means nothing; its code is that of the first error.

        It is a 500 where a model gave no finite number.
        """
        first, total = refusal.errors[0], refusal.total
        if any(error.code == NON_FINITE for error in refusal.errors):
            detail = "The model gave numbers that are not finite. Report it with the request id in `instance`."
            return cls(500, NON_FINITE, detail, refusal.errors, total=total)
        more = f" ({total} errors in all)" if total > 1 else ""
        return cls(422, first.code, first.detail + more, refusal.errors, total=total)

    def to_dict(self) -> dict[str, Any]:
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
            body["errors"] = [error.to_dict() for error in self.errors[:MAX_ERRORS]]
            body["total_errors"] = max(self.total, len(self.errors))
        return body

    def response(self) -> Response:
        """Return the problem as an answer."""
        current_exchange().code = self.code
        return Response(to_json(self.to_dict()), self.status, dict(self.headers), content_type=PROBLEM)


def answer_errors(app: Flask) -> None:
    """Make `app` answer every error with a problem."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(ForecastingError, answer_library)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_unexpected)


def answer_refusal(refusal: Refusal) -> Response:
    """Answer a request that was refused."""
    return Problem.of(refusal).response()


def answer_library(error: ForecastingError) -> Response:
    """Answer an error of the library, which is the request's."""
    return answer_refusal(Refusal([ErrorItem.from_library(error)]))


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
