"""What a head says it is, where it can be read without loading Keras."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HeadTraits:
    """The traits of a head; every head's file declares them as `TRAITS`, and one that lacks any is an error.

    Attributes:
        has_symbols: it forecasts symbols, not numbers.
        has_quantiles: it forecasts quantiles.
        is_distribution: it forecasts a whole distribution of a number, from which it can be drawn.
        is_whole: it forecasts counts, and takes no other values.
        has_location: some of its raw numbers say where a step lies in scaled units, so that another forecast can be
            added to it.
    """

    has_symbols: bool
    has_quantiles: bool
    is_distribution: bool
    is_whole: bool
    has_location: bool

    @property
    def has_likelihood(self) -> bool:
        """Whether it is taught by a likelihood, and not by errors that a scale could divide."""
        return self.is_distribution or self.has_symbols
