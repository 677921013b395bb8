"""Streams: series read from their beginning in chunks, and the loss of one chunk that goes on from the one before."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import random

from forecasting.data.windows import WindowIndex
from forecasting.layers.inputs import Inputs
from forecasting.layers.tensor import Tensor
from forecasting.network.single import ForecastNetwork, Weigh, scaled_target, weighted_mean
from forecasting.training.batches import PREFETCHED, untuned
from forecasting.training.source import WindowSource

#: Share of the tokens whose past-only covariates are hidden, so that the rolled-out horizon is not new to the network.
HIDDEN_SHARE = 0.25


def draw_chunks(index: WindowIndex, streams: int, rows: int, segment: int, horizon: int, seed: int) -> tf.data.Dataset:
    """Return an endless data set of the chunks of B streams: (begins [B], firsts [B], ends [B], fresh [B]).

    A stream reads a series from its beginning, `rows` rows at a time, and then goes on with the next series of one
    queue, which holds them all in a random order, again and again. Where tokens are segments, a series is entered at
    a random row of its first segment: else a token would always begin at the same hour.

    `begins` is the chunk's first row, `firsts` the first row of its series, `ends` one past the last row that may be
    read, `fresh` whether the series begins here; rows are flat.

    Args:
        index: the windows that may be used; their rows are read.
        streams: B.
        rows: rows of a chunk.
        segment: S, rows of a token.
        horizon: H, rows after the last origin that belong to its window.
        seed: seeds the order and the entries.
    """
    order = np.random.default_rng(seed).permutation(len(index.first))
    count = np.diff(index.cumulative, prepend=0)
    first = tf.constant(index.first[order], tf.int64)
    end = tf.constant((index.lowest + count + horizon)[order], tf.int64)

    def entry(turn: Tensor, step: Tensor) -> Tensor:
        late = tf.random.stateless_uniform([streams], [seed, step], 0, segment, tf.int64)
        return tf.gather(first, turn % len(order)) + late

    @tf.autograph.experimental.do_not_convert
    def advance(state: tuple[Tensor, ...], step: Tensor) -> tuple[Tensor, Tensor]:
        turn, begin, fresh, queued = state
        number = turn % len(order)
        chunk = begin, tf.gather(first, number), tf.gather(end, number), fresh
        begin = begin + rows
        over = begin + segment >= chunk[2]  # no token is left that has a next one
        turn = tf.where(over, queued + tf.cumsum(tf.cast(over, tf.int64)) - 1, turn)
        queued += tf.reduce_sum(tf.cast(over, tf.int64))
        return (turn, tf.where(over, entry(turn, step + 1), begin), over, queued), chunk

    turn = tf.range(streams, dtype=tf.int64)
    start = turn, entry(turn, tf.constant(0, tf.int64)), tf.fill([streams], True), tf.constant(streams, tf.int64)
    return untuned(tf.data.Dataset.counter().scan(start, advance).prefetch(PREFETCHED))


class ChunkLoss:
    """The loss of one chunk of B streams, whose states it carries to the next one.

    At every token the network predicts the next token, fed with the truth. A chunk is scaled by the network's own
    scaler from the L rows before it. A series' first chunk has none: it is scaled from its own first half, and only
    targets after that half count. So no target has a part in its own scale.

    Args:
        network: a `ForecastNetwork` with a recursive core.
        source: the panel on the device.
        tokens: T, tokens of a chunk.
        streams: B.
        weigh: how much each chunk counts, by its context and scale; all the same where None.
    """

    def __init__(
        self, network: ForecastNetwork, source: WindowSource, tokens: int, streams: int, weigh: Weigh | None
    ) -> None:
        self.network = network
        self.weigh = weigh
        self.core = network.core
        self.source = source
        self.gather = source.gather
        self.segment = self.core.tokens.segment
        self.rows = tokens * self.segment
        self.offsets = tf.range(self.rows + self.segment, dtype=tf.int64)
        self.initial = [tf.convert_to_tensor(state) for state in self.core.encoder.initial_states(streams)]
        self.coins = keras.random.SeedGenerator(name="hidden")
        self.states = [tf.Variable(state, trainable=False) for state in self.initial]

    def __call__(self, begins: Tensor, firsts: Tensor, ends: Tensor, fresh: Tensor) -> Tensor:
        """Return the mean loss of the chunks that begin at rows `begins` [B]; see `draw_chunks`."""
        rows = begins[:, None] + self.offsets  # [B, (T + 1) S]
        rows = tf.where(rows < ends[:, None], rows, self.gather.blank)
        y, known = tf.gather(self.gather.y, rows), tf.gather(self.gather.known, rows)
        seen = tf.where(fresh, tf.minimum(begins + max(self.rows // 2, 1), ends), begins)
        context = self.gather(seen - 1, firsts).context
        scaled = self.network.scaler(context)
        values, usable = scaled_target(y, scaled)
        after = tf.cast(rows >= seen[:, None], usable.dtype)
        observed = tf.cast(tf.math.is_finite(y), tf.float32)
        static = self.network.statics(self.source.statics_at(begins), training=True)
        known, past = self.network.covariates(known, context_length=self.rows, training=True)
        past = self.partly_hidden(past)
        inputs = Inputs(values[:, : self.rows], observed[:, : self.rows], known, static, scaled=scaled, past=past)
        raw = self.read(self.core.tokens.past(inputs), known[:, self.segment :], fresh)
        target = tf.where(usable > 0, y, scaled.original(tf.zeros_like(y)))[:, self.segment :]
        losses = self.network.head.loss(raw, scaled, target)
        counts = tf.cast((usable * after)[:, self.segment :], tf.float64)
        weight = self.network.window_weight(context, scaled, self.weigh)
        return weighted_mean(losses, counts if weight is None else counts * weight)

    def partly_hidden(self, past: Tensor) -> Tensor:
        """Return past-only features [B, T S, P], some tokens' without them: a roll-out has none after its origin."""
        if past is None:
            return None
        coins = random.uniform((tf.shape(past)[0], self.rows // self.segment, 1), seed=self.coins)
        seen = tf.cast(coins >= HIDDEN_SHARE, past.dtype)
        return past * tf.repeat(seen, self.segment, axis=1)

    def read(self, tokens: Tensor, known: Tensor, fresh: Tensor) -> Tensor:
        """Return the raw numbers [B, T S, P] that follow each of the tokens [B, T, C], and keep the last states.

        Where `fresh` [B], the states are those of the beginning. The kept states are numbers: no gradient passes
        through them into the chunk before.

        Args:
            tokens: of the chunk.
            known: [B, T S, F], features of the steps that are predicted.
            fresh: [B] bool.
        """
        pairs = zip(self.initial, self.states, strict=True)
        starts = [tf.where(fresh[:, None], initial, state) for initial, state in pairs]

        def step(carry: tuple[Tensor, ...], token: Tensor) -> tuple[Tensor, ...]:
            summary, states = self.core.encoder.step(token, list(carry[1:]), training=True)
            return summary, *states

        by_time = tf.transpose(tokens, [1, 0, 2])
        first = step((None, *starts), by_time[0])
        later = tf.scan(step, by_time[1:], first)
        for variable, state in zip(self.states, later[1:], strict=True):
            variable.assign(state[-1])
        summaries = tf.transpose(tf.concat([first[0][None], later[0]], axis=0), [1, 0, 2])
        here = tf.reshape(known, [-1, self.segment, known.shape[2]])
        raw = self.core.readout(tf.reshape(summaries, [-1, summaries.shape[2]]), here)
        return tf.reshape(raw, [-1, self.rows, raw.shape[2]])
