"""What is wrong with a request, one by one: where it stands in the body, a stable code, and a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from forecasting.errors import ForecastingError

#: Errors listed in one answer; more help nobody and make the answer as large as the request.
MAX_ERRORS = 20

#: Longest name of the caller's own (an id, an unknown field) that an answer repeats.
MAX_NAME = 64

#: The parts of an RFC 6901 JSON pointer to a place in the body; none for the whole body.
Pointer = tuple[str | int, ...]


@dataclass(frozen=True)
class ErrorItem:
    """One thing that is wrong with a request.

    Attributes:
        pointer: to what is wrong.
        code: short and stable.
        detail: what is wrong, what was got, and the fix; never the value itself.
    """

    pointer: Pointer
    code: str
    detail: str

    @classmethod
    def from_library(cls, error: ForecastingError, pointer: Pointer | None = None) -> ErrorItem:
        """Return an error of the library, about the field that it names unless a pointer says where it is."""
        field = (error.field,) if error.field else ()
        return cls(field if pointer is None else pointer, error.code, str(error))

    def to_dict(self) -> dict[str, str]:
        """Return the item as JSON values."""
        return {"pointer": pointer_text(self.pointer), "code": self.code, "detail": self.detail}


class Refusal(Exception):  # noqa: N818  (what is done, not what went wrong here)
    """A part of a request means nothing, and the items say why. Nothing comes of that part.

    Attributes:
        errors: the first `MAX_ERRORS` of them.
        total: how many there are.
    """

    def __init__(self, errors: list[ErrorItem], total: int = 0) -> None:
        super().__init__()
        self.errors = errors[:MAX_ERRORS]
        self.total = max(total, len(errors))

    @classmethod
    def of(cls, pointer: Pointer, code: str, detail: str) -> Refusal:
        """Return a refusal for one reason."""
        return cls([ErrorItem(pointer, code, detail)])

    @classmethod
    def listing(cls, items: Iterable[ErrorItem]) -> Refusal:
        """Return a refusal for many reasons, which are counted and not all kept."""
        kept: list[ErrorItem] = []
        total = 0
        for total, item in enumerate(items, start=1):  # the last number is the count
            if total <= MAX_ERRORS:
                kept.append(item)
        return cls(kept, total)

    @classmethod
    def together(cls, refusals: Collection[Refusal]) -> Refusal:
        """Return several refusals as one."""
        errors = [error for refusal in refusals for error in refusal.errors]
        return cls(errors, sum(refusal.total for refusal in refusals))


def refuse_any(items: Iterable[ErrorItem]) -> None:
    """Raise a `Refusal` that lists the items, unless there are none."""
    refusal = Refusal.listing(items)
    if refusal.total:
        raise refusal


def pointer_text(pointer: Pointer) -> str:
    """Return a pointer as it stands in an answer (RFC 6901), names cut where they are long.

    >>> pointer_text(("series", 0, "a/b"))
    '/series/0/a~1b'
    """
    return "".join("/" + shorten(str(part)).replace("~", "~0").replace("/", "~1") for part in pointer)


def shorten(name: str) -> str:
    """Return a name of the caller's, cut where it is long."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


JSON_TYPES = {bool: "a boolean", int: "an integer", float: "a number", type(None): "null"}


def json_type(value: Any) -> str:
    """Return what a JSON value is, without what it says.

    >>> json_type("abc"), json_type([1]), json_type(None)
    ('a string of 3 characters', 'a list of 1', 'null')
    """
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    return JSON_TYPES.get(type(value), "something else")
