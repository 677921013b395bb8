"""Tokens: segments of the past with their flags and features, and the same form for what is fed back."""

from __future__ import annotations

from dataclasses import dataclass

from keras import ops

from forecasting.layers.carried import carried_forward
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor


@dataclass(frozen=True)
class Tokens:
    """How windows are cut into tokens of C numbers: values, observed flags, features, past-only ones, what is static.

    C = S * (2 + F + P) + D where values are numbers. Codes of K symbols stand in a token as K flags each, so that
    C = S * (K + 1 + F + P) + D; a missing symbol is no flag at all.

    Attributes:
        segment: S, steps per token.
        horizon: H.
        alphabet: K, the number of symbols; 0 where values are numbers.
        past_only: P, features of a step that only the context has; 0 of them says that it is missing.
    """

    segment: int
    horizon: int
    alphabet: int = 0
    past_only: int = 0

    @property
    def ahead(self) -> int:
        """Number of tokens that cover the horizon."""
        return -(-self.horizon // self.segment)

    def past(self, inputs: Inputs) -> Tensor:
        """Return the context as tokens [B, T, C]; padding at its old end counts as not observed."""
        length = inputs.values.shape[1]
        padding = -length % self.segment
        count = (length + padding) // self.segment
        context = self.read(inputs)
        padded = [ops.pad(ops.cast(part, "float32"), ((0, 0), (padding, 0))) for part in context]
        values, observed = (ops.reshape(part, (-1, count, self.segment)) for part in padded)
        parts = [self.spelt(values, observed), observed]
        for features in (inputs.known[:, :length], inputs.past):
            if features is not None and features.shape[2]:
                features = ops.pad(features, ((0, 0), (padding, 0), (0, 0)))
                parts.append(ops.reshape(features, (-1, count, self.segment * features.shape[2])))
        if inputs.static.shape[1]:
            parts.append(ops.repeat(inputs.static[:, None], count, axis=1))
        return ops.concatenate(parts, axis=2)

    def read(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Return the values [B, L] as they are read, and which of them were observed."""
        values, observed = inputs.values, inputs.observed
        return (values if self.alphabet else carried_forward(values, observed)), observed

    def spelt(self, values: Tensor, observed: Tensor) -> Tensor:
        """Return values [..., S] as they stand in a token: [..., S], or [..., S * K] for symbols."""
        if not self.alphabet:
            return values
        flags = ops.one_hot(ops.cast(values, "int32"), self.alphabet, dtype="float32") * observed[..., None]
        return ops.reshape(flags, (-1, *values.shape[1:-1], self.segment * self.alphabet))

    def newest(self, inputs: Inputs) -> Tensor:
        """Return the newest values [B, S] of the context, for `fed_back`; a missing symbol is none of the codes."""
        values, observed = (ops.cast(part[:, -self.segment :], "float32") for part in self.read(inputs))
        return ops.where(observed > 0, values, -ops.ones_like(values)) if self.alphabet else values

    def future(self, known: Tensor) -> Tensor:
        """Return the features of the horizon, out of known [B, L + H, F], as [B, T', S, F]; padded at the far end."""
        padding = self.ahead * self.segment - self.horizon
        ahead = ops.pad(known[:, known.shape[1] - self.horizon :], ((0, 0), (0, padding), (0, 0)))
        # not -1: where there are no features, nothing says how many windows there are
        return ops.reshape(ahead, (ops.shape(known)[0], self.ahead, self.segment, known.shape[2]))

    def by_token(self, steps: Tensor) -> Tensor:
        """Return numbers of the horizon [B, H] as [B, T', S]; padded with 0 at the far end."""
        padding = self.ahead * self.segment - self.horizon
        return ops.reshape(ops.pad(steps, ((0, 0), (0, padding))), (-1, self.ahead, self.segment))

    def by_step(self, raw: Tensor) -> Tensor:
        """Return raw numbers by token [B, T', S, P] as [B, H, P]."""
        return ops.reshape(raw, (-1, self.ahead * self.segment, raw.shape[3]))[:, : self.horizon]

    def fed_back(self, values: Tensor, known: Tensor, static: Tensor) -> Tensor:
        """Return the token [B, C] of forecast values [B, S], taken as observed; past-only features are missing there.

        Args:
            values: [B, S].
            known: [B, S, F] their features.
            static: [B, D].
        """
        features = ops.reshape(known, (ops.shape(known)[0], self.segment * known.shape[2]))
        observed = ops.ones_like(values)
        parts = [self.spelt(values, observed), observed, features, static]
        if self.past_only:
            parts.insert(3, ops.zeros_like(ops.tile(values, (1, self.past_only))))
        return ops.concatenate(parts, axis=1)
