"""Bytes to JSON values: UTF-8 without a mark, no duplicate keys, bounded depth, numbers as they are."""

from __future__ import annotations

import codecs
import json
from typing import Any

from pydantic_core import from_json

from serving.problems import Problem, shorten

MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

SCALARS = {str, int, float, bool, type(None)}

#: Where white space stands before the colon of a key, or a string has such a colon inside.
SPACED_COLONS = (b" :", b"\t:", b"\n:", b"\r:")


def parse(body: bytes) -> Any:
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
    if key_tokens(body) != count_keys(value):
        require_unique_keys(body)
    return value


def key_tokens(body: bytes) -> int:
    """Count the places that look like a key; -1 where that takes a real parser.

    Each key looks like one. So a body with as many places as its objects have keys has no key twice.
    """
    if any(spaced in body for spaced in SPACED_COLONS):
        return -1
    return body.count(b'":')


def count_keys(value: Any) -> int:
    """Count the keys of all objects in a value."""
    if isinstance(value, dict):
        return len(value) + sum(map(count_keys, value.values()))
    if isinstance(value, list) and not SCALARS.issuperset(map(type, value)):
        return sum(map(count_keys, value))
    return 0


def require_unique_keys(body: bytes) -> None:
    """Raise a 400 when an object has a key twice; `body` is known to be JSON."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise Problem(400, "duplicate_key", f"An object has the key {shorten(key)!r} twice. Send it once.")
            seen.add(key)

    json.loads(body, object_pairs_hook=check)
