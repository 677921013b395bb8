"""What a core reads, and what an encoder gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor


class Teacher(NamedTuple):
    """The truth, while training: what a decoder may be fed instead of its own output.

    Attributes:
        values: [B, H] scaled target, 0 where missing.
        observed: [B, H], 1 where observed.
        progress: scalar from 0 (training begins) to 1 (it ends).
    """

    values: Tensor
    observed: Tensor
    progress: Tensor


class Dice(NamedTuple):
    """What decides roll-outs: each step of each path is the value below which the model puts its share of chance.

    Attributes:
        chance: [B, N, H] float64, between 0 and 1, for N paths of each window.
        temperature: scalar; 1 draws from the model's distribution, less from a narrower one.
        top_k: scalar int32; only this many of the most probable symbols are drawn.
    """

    chance: Tensor
    temperature: Tensor
    top_k: Tensor


class Inputs(NamedTuple):
    """One batch of scaled windows.

    Attributes:
        values: [B, L] float64 context, 0 where missing.
        observed: [B, L] float64, 1 where observed.
        known: [B, L + H, F] float32, features known for context and horizon: calendar and known covariates.
        static: [B, D] float32, what is known of each series at all times.
        teacher: the truth of the horizon while training, None otherwise.
        dice: where paths are drawn instead of the middle of each step taken, None otherwise.
        scaled: center and scale of the windows, for heads that think in original units.
        past: [B, L, P] float32, features of the context alone: past-only covariates; None where there are none.
    """

    values: Tensor
    observed: Tensor
    known: Tensor
    static: Tensor
    teacher: Teacher | None = None
    dice: Dice | None = None
    scaled: Scaled | None = None
    past: Tensor = None

    @property
    def paths(self) -> Tensor:
        """N, the paths that are drawn of each window; 1 without dice."""
        return 1 if self.dice is None else ops.shape(self.dice.chance)[1]

    def repeated(self, count: Tensor) -> Inputs:
        """Return what is read of the horizon of each window `count` times, one beside the other.

        The chance [B, count, H] of `dice` becomes [B * count, 1, H]: one path of each. The context stays as it is.
        """
        given: Any = self.dice
        scaled: Any = self.scaled
        dice = given._replace(chance=ops.reshape(given.chance, (-1, 1, given.chance.shape[2])))
        ahead = self.known[:, self.values.shape[1] :]
        known, static = (ops.repeat(part, count, axis=0) for part in (ahead, self.static))
        return Inputs(self.values, self.observed, known, static, dice=dice, scaled=scaled.repeated(count))


class Encoded(NamedTuple):
    """What an encoder remembers of tokens [B, T, C].

    Attributes:
        summary: [B, D], all that a decoder without attention reads.
        sequence: [B, T, D'], what was remembered after each token.
        states: tensors from which `encoder.step` goes on.
    """

    summary: Tensor
    sequence: Tensor
    states: list[Tensor]
