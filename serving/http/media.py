"""The media types that come in and go out, and answers in JSON."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic_core import to_json

JSON = "application/json"
CSV = "text/csv"
PROBLEM = "application/problem+json"


def json_response(value: Any, status: int = 200) -> Response:
    """Return an answer that is a JSON value."""
    return Response(to_json(value), status, content_type=JSON)
