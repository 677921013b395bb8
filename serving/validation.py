"""From JSON values to checked messages, and from what pydantic found to items with pointers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from serving.problems import ErrorItem, describe, pointer

#: No message has this many fields; the errors of an object that does are not worth listing.
MAX_FIELDS = 64

Message = TypeVar("Message", bound=BaseModel)


class Refusal(Exception):  # noqa: N818  (what is done, not what went wrong here)
    """Something is wrong with a part of a request: the items say what.

    Attributes:
        errors: the first of them.
        total: how many there are.
    """

    def __init__(self, errors: list[ErrorItem], total: int = 0) -> None:
        super().__init__()
        self.errors = errors
        self.total = max(total, len(errors))

    @classmethod
    def of(cls, place: str, code: str, detail: str) -> Refusal:
        """Return a refusal for one reason."""
        return cls([ErrorItem(place, code, detail)])


def validate(message: type[Message], value: Any, place: Sequence[str | int] = ()) -> Message:
    """Return `value` as a `message`.

    Args:
        message: what it must be.
        value: a JSON value.
        place: where it stands in the body.

    Raises:
        Refusal: it is something else; every error found, with its pointer.
    """
    if not isinstance(value, dict):
        raise Refusal.of(pointer(*place), "object_type", f"This must be a JSON object. Got {describe(value)}.")
    if len(value) > MAX_FIELDS:
        known = ", ".join(message.model_fields)
        text = f"This object has {len(value)} fields. Known fields: {known}."
        raise Refusal.of(pointer(*place), "extra_forbidden", text)
    try:
        return message.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise Refusal([item(one, message, place) for one in found]) from error


def item(found: Any, message: type[BaseModel], place: Sequence[str | int]) -> ErrorItem:
    """Return one finding of pydantic as an item."""
    where = pointer(*place, *found["loc"])
    if found["type"] == "extra_forbidden":
        return ErrorItem(where, "extra_forbidden", f"Unknown field. Known fields: {', '.join(message.model_fields)}.")
    if found["type"] == "missing":
        return ErrorItem(where, "missing", "This field is required.")
    expected = str(found["msg"]).replace("Input should", "This must", 1)
    return ErrorItem(where, found["type"], f"{expected}. Got {describe(found['input'])}.")
