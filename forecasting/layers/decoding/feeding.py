"""What a decoder that goes token by token is fed: its own output, or the truth."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops, random, tree

from forecasting.layers.forcing import share_of_truth
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor
from forecasting.layers.tokens import Tokens


class Steps(NamedTuple):
    """What is known of each token of the horizon before it is forecast; the first axis is the token.

    Attributes:
        before: [T', B, S, F] features of the token before; 0 for the first.
        here: [T', B, S, F] features of the token.
        truth: [T', B, S] scaled truth of the token before; 0 where it is not to be fed.
        is_truth: [T', B, S], 1 where the truth is fed.
        chance: [T', B, S], what decides which values are drawn; nothing where none are.
    """

    before: Tensor
    here: Tensor
    truth: Tensor
    is_truth: Tensor
    chance: Tensor = ()

    @property
    def first(self) -> Steps:
        """What is known of the first token."""
        return tree.map_structure(lambda part: part[0], self)

    @property
    def later(self) -> Steps:
        """What is known of the tokens after the first."""
        return tree.map_structure(lambda part: part[1:], self)

    def fed(self, forecast: Tensor) -> Tensor:
        """Return what follows the forecast [B, S] of the token before: itself, or the truth."""
        return ops.where(self.is_truth > 0, self.truth, forecast)


def steps_of(inputs: Inputs, tokens: Tokens, forcing: str | float, coins: Any) -> Steps:
    """Return what is known of each token.

    Args:
        inputs: the window; without a teacher nothing true is fed.
        tokens: how windows are cut.
        forcing: schedule or constant probability of feeding the truth.
        coins: a Keras seed generator; one coin is thrown per window and token.
    """
    here = by_token_first(tokens.future(inputs.known))
    nothing = ops.zeros_like(ops.sum(here, axis=3))
    truth = is_truth = nothing
    if inputs.teacher is not None:
        teacher = inputs.teacher
        values, observed = (by_token_first(tokens.by_token(part)) for part in (teacher.values, teacher.observed))
        share = share_of_truth(forcing, teacher.progress)
        chosen = random.uniform(ops.shape(values[:, :, :1]), seed=coins) < share
        is_truth = late(ops.cast(chosen, values.dtype) * observed)
        truth = late(values)
    chance = () if inputs.dice is None else by_token_first(tokens.by_token(inputs.dice.chance[:, 0]))
    return Steps(late(here), here, truth, is_truth, chance)


class Feedback:
    """What a decoder that goes token by token makes of the raw numbers of a token, and feeds back.

    Without dice it keeps the raw numbers and feeds back the head's point; with dice it keeps a value drawn from them,
    in original units, and feeds that back.

    Args:
        head: reads the raw numbers.
        inputs: the windows.
    """

    def __init__(self, head: keras.Layer, inputs: Inputs) -> None:
        self.head = head
        self.dice = inputs.dice
        self.scaled: Any = inputs.scaled

    def kept(self, raw: Tensor, step: Steps) -> Tensor:
        """Return what is kept of raw numbers [B, S, P]: themselves, or the values [B, S] drawn."""
        return raw if self.dice is None else self.head.drawn(raw, self.scaled, step.chance, self.dice)

    def fed(self, kept: Tensor) -> Tensor:
        """Return the scaled numbers [B, S] that are fed back of what was kept."""
        if self.dice is None:
            return self.head.point(kept, self.scaled)
        return ops.cast(self.scaled.relative(kept), "float32")

    def by_step(self, kept: Tensor, tokens: Tokens, paths: Tensor) -> Tensor:
        """Return what was kept of all tokens [T', B, S, ...] as raw numbers [B, H, P], or paths [B / N, N, H]."""
        by_window = ops.transpose(kept, (1, 0, *range(2, len(kept.shape))))
        if self.dice is None:
            return tokens.by_step(by_window)
        return ops.reshape(tokens.by_step(by_window[..., None]), (-1, paths, tokens.horizon))


def branched(inputs: Inputs, remembered: Tensor) -> tuple[Inputs, Any]:
    """Return inputs and what was remembered of them (tensors [B, ...]) once for each path, where there are dice."""
    if inputs.dice is None:
        return inputs, remembered
    count = inputs.paths

    def repeated(part: Tensor) -> Tensor:
        return None if part is None else ops.repeat(part, count, axis=0)  # no attention has no keys

    return inputs.repeated(count), tree.map_structure(repeated, remembered)


def by_token_first(tensor: Tensor) -> Tensor:
    """Return [B, T', ...] as [T', B, ...]."""
    return ops.transpose(tensor, (1, 0, *range(2, len(tensor.shape))))


def late(tensor: Tensor) -> Tensor:
    """Return a tensor [T', ...] one token later; the first token's place is filled with zeros."""
    return ops.concatenate([ops.zeros_like(tensor[:1]), tensor[:-1]], axis=0)
