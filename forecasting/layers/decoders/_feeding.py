"""What a decoder that goes token by token is fed: its own output, or the truth."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops, random, tree

from forecasting.layers.forcing import share_of_truth
from forecasting.layers.inputs import Inputs
from forecasting.layers.tokens import Tokens


class Steps(NamedTuple):
    """What is known of each token of the horizon before it is forecast; the first axis is the token.

    Attributes:
        before: [T', B, S, F] features of the token before; 0 for the first.
        here: [T', B, S, F] features of the token.
        truth: [T', B, S] scaled truth of the token before; 0 where it is not to be fed.
        is_truth: [T', B, S], 1 where the truth is fed.
        noise: [T', B, S, K], what decides which symbols are drawn; nothing where none are.
    """

    before: Any
    here: Any
    truth: Any
    is_truth: Any
    noise: Any = ()

    @property
    def first(self) -> Steps:
        """What is known of the first token."""
        return tree.map_structure(lambda part: part[0], self)

    @property
    def later(self) -> Steps:
        """What is known of the tokens after the first."""
        return tree.map_structure(lambda part: part[1:], self)

    def fed(self, forecast: Any) -> Any:
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
        values, observed = (by_token_first(tokens.by_token(part)) for part in inputs.teacher[:2])
        share = share_of_truth(forcing, inputs.teacher.progress)
        chosen = random.uniform(ops.shape(values[:, :, :1]), seed=coins) < share
        is_truth = late(ops.cast(chosen, values.dtype) * observed)
        truth = late(values)
    noise = () if inputs.dice is None else by_token_first(tokens.future(inputs.dice.noise))
    return Steps(late(here), here, truth, is_truth, noise)


def by_token_first(tensor: Any) -> Any:
    """Return [B, T', ...] as [T', B, ...]."""
    return ops.transpose(tensor, (1, 0, *range(2, len(tensor.shape))))


def late(tensor: Any) -> Any:
    """Return a tensor [T', ...] one token later; the first token's place is filled with zeros."""
    return ops.concatenate([ops.zeros_like(tensor[:1]), tensor[:-1]], axis=0)
