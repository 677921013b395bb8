"""Bytes to JSON values: UTF-8 without a mark, no duplicate keys, bounded depth, numbers as they are."""

from __future__ import annotations

import codecs
import json
from typing import Any

from pydantic_core import from_json

from serving.http.problems import Problem
from serving.http.refusals import shorten

MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

SCALARS = {str, int, float, bool, type(None)}


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body; NaN and infinite numbers are left for the checks that know their place.

    Raises:
        Problem: 400, the body is not one JSON value in UTF-8, is nested too deeply, or has an object with a key twice.
    """
    if body.startswith(MARKS):
        raise Problem(400, "json_invalid", "The body starts with a byte order mark. Send UTF-8 without one.")
    try:
        value = from_json(body, allow_inf_nan=True, cache_strings="keys")
    except ValueError as error:  # says what and where (line and column), never the text itself
        raise Problem(400, "json_invalid", f"The body is not JSON: {error}.") from error
    # A key that is there twice is lost with its two quotes; an escaped quote in a text only costs a closer look.
    if body.count(b'"') != 2 * count_texts(value):
        require_unique_keys(body)
    return value


def count_texts(value: Any) -> int:
    """Count the texts in a value, keys included."""
    if isinstance(value, dict):
        return len(value) + sum(map(count_texts, value.values()))
    if isinstance(value, list):
        kinds = list(map(type, value))
        return kinds.count(str) if SCALARS.issuperset(kinds) else sum(map(count_texts, value))
    return isinstance(value, str)


def require_unique_keys(body: bytes) -> None:
    """Raise a 400 when an object has a key twice; `body` is known to be JSON."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise Problem(400, "duplicate_key", f"An object has the key {shorten(key)!r} twice. Send it once.")
            seen.add(key)

    json.loads(body, object_pairs_hook=check)
