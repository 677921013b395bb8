"""What a core reads, and what an encoder gives."""

from __future__ import annotations

from typing import Any, NamedTuple


class Teacher(NamedTuple):
    """The truth, while training: what a decoder may be fed instead of its own output.

    Attributes:
        values: [B, H] scaled target, 0 where missing.
        observed: [B, H], 1 where observed.
        progress: scalar from 0 (training begins) to 1 (it ends).
    """

    values: Any
    observed: Any
    progress: Any


class Dice(NamedTuple):
    """What decides a roll-out: the symbol drawn is the one whose logit and noise have the largest sum.

    With standard Gumbel noise that is a draw from the softmax (Gumbel 1954); with the noise times a temperature it is
    a draw at that temperature, and with no noise the most probable symbol.

    Attributes:
        noise: [B, H, K] float32.
        top_k: scalar int32; only this many of the most probable symbols are drawn.
    """

    noise: Any
    top_k: Any


class Inputs(NamedTuple):
    """One batch of scaled windows.

    Attributes:
        values: [B, L] float64 context, 0 where missing.
        observed: [B, L] float64, 1 where observed.
        known: [B, L + H, F] float32, features known for context and horizon: calendar and known covariates.
        static: [B, D] float32, what is known of each series at all times.
        teacher: the truth of the horizon while training, None otherwise.
        dice: where symbols are drawn instead of the most probable ones taken, None otherwise.
        past: [B, L, P] float32, features of the context alone: past-only covariates; None where there are none.
    """

    values: Any
    observed: Any
    known: Any
    static: Any
    teacher: Teacher | None = None
    dice: Dice | None = None
    past: Any = None


class Encoded(NamedTuple):
    """What an encoder remembers of tokens [B, T, C].

    Attributes:
        summary: [B, D], all that a decoder without attention reads.
        sequence: [B, T, D'], what was remembered after each token.
        states: tensors from which `encoder.step` goes on.
    """

    summary: Any
    sequence: Any
    states: list[Any]
