"""What a decoding says it is, where it can be read without loading Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class DecodingTraits:
    """The traits of a decoding; every decoder's file declares them as `TRAITS`, and one that lacks any is an error.

    Attributes:
        reads: fields of a model's config that it reads, of those that not every decoding does.
        is_of_next_step: whether it is a model of the next step, whose numbers are given the true step before:
            `always`, `never`, or where it is `forced`, fed the truth while it is trained.
    """

    reads: tuple[str, ...]
    is_of_next_step: Literal["always", "never", "forced"]

    def feeds_back(self, forcing: str | float) -> bool:
        """Whether each step is forecast from the one before, so that steps can be drawn one after the other."""
        return self.is_of_next_step == "always" or (self.is_of_next_step == "forced" and forcing not in ("free", 0))
