"""What has become of each series of a request so far: the good ones go on, the bad ones stay behind with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from serving.http.refusals import MAX_ERRORS, Refusal

Part = TypeVar("Part")
Next = TypeVar("Next")


@dataclass(frozen=True)
class Outcomes(Generic[Part]):
    """The series of a request after a step.

    Attributes:
        good: what the step made of the good ones, by position in the request.
        is_partial: whether bad series are reported beside the others; otherwise they fail the request.
        refused: why the others are no longer among them, by position, in the order in which they were refused.
    """

    good: Mapping[int, Part]
    is_partial: bool
    refused: Mapping[int, Refusal] = field(default_factory=dict)

    def then(self, step: Callable[[int, Part], Next]) -> Outcomes[Next]:
        """Return the outcomes of the next step, a function of position and part of a good series.

        Raises:
            Refusal: bad series fail the request, and there are as many errors as an answer lists.
        """
        good: dict[int, Next] = {}
        refused = dict(self.refused)
        for position, part in self.good.items():
            try:
                good[position] = step(position, part)
            except Refusal as refusal:
                refused[position] = refusal
                if not self.is_partial and sum(one.total for one in refused.values()) >= MAX_ERRORS:
                    raise Refusal.together(refused.values()) from refusal
        return Outcomes(good, self.is_partial, refused)

    def require_complete(self) -> None:
        """Raise a `Refusal` with the errors of all series, where one is bad and that fails the request."""
        if self.refused and not self.is_partial:
            raise Refusal.together(self.refused.values())
