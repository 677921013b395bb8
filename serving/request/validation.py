"""From JSON values to checked messages, and from what pydantic found to items with pointers."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from serving.http.refusals import ErrorItem, Pointer, Refusal, json_type

#: No message has this many fields; the errors of an object that does are not worth listing.
MAX_FIELDS = 64

Message = TypeVar("Message", bound=BaseModel)


def validate(message: type[Message], value: Any, pointer: Pointer = ()) -> Message:
    """Return `value` as a `message`.

    Args:
        message: what it must be.
        value: a JSON value.
        pointer: to where it stands in the body.

    Raises:
        Refusal: it is something else; every error found, with its pointer.
    """
    if not isinstance(value, dict):
        raise Refusal.of(pointer, "object_type", f"This must be a JSON object. Got {json_type(value)}.")
    if len(value) > MAX_FIELDS:
        known = ", ".join(message.model_fields)
        raise Refusal.of(pointer, "extra_forbidden", f"This object has {len(value)} fields. Known fields: {known}.")
    try:
        return message.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise Refusal.listing(finding_item(one, message, pointer) for one in found) from error


def finding_item(finding: ErrorDetails, message: type[BaseModel], pointer: Pointer) -> ErrorItem:
    """Return one finding of pydantic as an item."""
    where = (*pointer, *finding["loc"])
    if finding["type"] == "extra_forbidden":
        return ErrorItem(where, "extra_forbidden", f"Unknown field. Known fields: {', '.join(message.model_fields)}.")
    if finding["type"] == "missing":
        return ErrorItem(where, "missing", "This field is required.")
    expected = finding["msg"].replace("Input should", "This must", 1)
    return ErrorItem(where, finding["type"], f"{expected}. Got {json_type(finding['input'])}.")
