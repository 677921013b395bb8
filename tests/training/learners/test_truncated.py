"""Truncated backpropagation: what a chunk's loss and gradient are, what is carried on and what is not."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from forecasting.layers.carried import carried_forward
from forecasting.network.build import build_network
from forecasting.network.single import scaled_target
from forecasting.training.batches import draw_batches
from forecasting.training.chunks import ChunkLoss, draw_chunks
from forecasting.training.loss_scale import weigher
from forecasting.training.source import WindowSource
from tests.conftest import QUICK, make_frame

H, L, T = 4, 24, 10


def forecaster(cell="elman", frame=None, **choices):
    """Return a small recursive forecaster, its network and the panel on the device."""
    choices = {"units": 5, "width": 4, "segment": 1, "decoding": "recursive", "head": "point"} | choices
    model = Forecaster("recurrent", H, context_length=L, cell=cell, **choices)
    panel = Panel.from_frame(make_frame(rows=120, missing=0.05) if frame is None else frame)
    task = model.choices.task_for(panel)
    return model, build_network(model.spec, task, 3), WindowSource.of(panel, task)


def chunk(*values):
    """Return one stream's begin, first, end, and whether it is fresh."""
    *rows, fresh = values
    return *(tf.constant([row], tf.int64) for row in rows), tf.constant([fresh])


def value_and_gradient(loss, weights):
    with tf.GradientTape() as tape:
        value = loss()
    return float(value), np.concatenate([np.ravel(part) for part in tape.gradient(value, weights)])


def unrolled_loss(network, source, rows):
    """Return the loss over the first rows of series 0 by the encoder's own run over a whole sequence."""
    y, known = source.gather.y[None, : rows + 1], source.gather.known[None, : rows + 1]
    scaled = network.scaler(y[:, : rows // 2])
    values, usable = scaled_target(y, scaled)
    observed = tf.cast(tf.math.is_finite(y), tf.float32)
    read = carried_forward(values, observed)
    tokens = tf.concat([read[..., None], observed[..., None], known], axis=2)[:, :rows]
    sequence = network.core.encoder(tokens, training=True).sequence[0]
    raw = network.core.readout(sequence, known[0, 1:, None])
    losses = tf.abs(raw[:, 0, 0] - values[0, 1:])
    counted = usable[0, 1:] * tf.cast(tf.range(1, rows + 1) >= rows // 2, tf.float32)
    return tf.reduce_sum(losses * counted) / tf.reduce_sum(counted)


@pytest.mark.parametrize(("cell", "stack"), [("elman", "plain"), ("gru", "dilated"), ("lstm", "plain")])
def test_a_chunk_as_long_as_the_series_is_backpropagation_through_time(cell, stack):
    _, network, source = forecaster(cell, stack=stack, layers=2)
    rows = 40
    objective = ChunkLoss(network, source, rows, 1, None)
    weights = network.trainable_variables
    found = value_and_gradient(lambda: objective(*chunk(0, 0, 120, True)), weights)
    wanted = value_and_gradient(lambda: unrolled_loss(network, source, rows), weights)
    assert found[0] == pytest.approx(wanted[0], rel=1e-5)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-5)


def test_the_gradient_of_a_chunk_is_that_of_finite_differences_and_ends_at_its_border():
    _, network, source = forecaster("gru")
    objective = ChunkLoss(network, source, T, 1, None)
    objective(*chunk(0, 0, 120, True))
    carried = [np.array(state) for state in objective.states]
    assert all(np.abs(state).max() > 0 for state in carried)

    def loss():
        for state, value in zip(objective.states, carried, strict=True):
            state.assign(value)  # numbers: what the chunk before did does not depend on the weights any more
        return objective(*chunk(T, 0, 120, False))

    weights = network.trainable_variables
    _, gradient = value_and_gradient(loss, weights)
    direction = [np.random.default_rng(0).normal(size=weight.shape) for weight in weights]
    start, ends = [np.array(weight) for weight in weights], []
    for sign in (1, -1):
        for weight, value, change in zip(weights, start, direction, strict=True):
            weight.assign(value + sign * 1e-3 * change)
        ends.append(float(loss()))
    flat = np.concatenate([np.ravel(part) for part in direction])
    assert (ends[0] - ends[1]) / 2e-3 == pytest.approx(float(gradient @ flat), rel=2e-2, abs=2e-3)


def test_the_state_is_carried_over_a_border_and_forgotten_where_a_series_begins():
    frame = make_frame(rows=120)
    other = frame.copy()
    other.loc[other.index[:T], "y"] = 7 + np.sin(np.arange(T))
    second, after, fresh = [], [], []
    for one in (frame, other):
        _, network, source = forecaster("lstm", one)
        begin = int(source.arrays.first[1])
        objective = ChunkLoss(network, source, T, 1, None)
        objective(*chunk(0, 0, 120, True))
        second.append([np.array(state) for state in objective.states])
        after.append(float(objective(*chunk(2 * L, 0, 120, False))))  # the scale knows the changed rows no more
        fresh.append(float(objective(*chunk(begin, begin, begin + 100, True))))
        fresh[-1] += float(objective(*chunk(begin + T, begin, begin + 100, False)))
    assert any(not np.allclose(*pair) for pair in zip(*second, strict=True))
    assert after[0] != pytest.approx(after[1], rel=1e-7), "what was read in the first chunk still matters"
    assert fresh[0] == fresh[1], "the series before must not matter"


def test_no_target_has_a_part_in_its_own_scale_or_in_its_own_prediction():
    frame = make_frame(series=1, rows=120)
    later = frame.copy()
    later.loc[later.index[T:], "y"] = 1e6
    for one in (frame, later):
        _, network, source = forecaster("gru", one)
        objective = ChunkLoss(network, source, T, 1, None)
        losses = [float(objective(*chunk(0, 0, T, True)))]
        losses.append(float(objective(*chunk(0, 0, T - 1, True))))
        if one is frame:
            wanted = losses
    assert losses == wanted


def test_streams_read_every_series_from_its_beginning_to_its_end_and_then_the_next():
    frame = make_frame(series=5, rows=60)
    _, _, source = forecaster(frame=frame)
    index = source.all_windows()
    chunks = list(draw_chunks(index, 2, T, 1, H, seed=0).take(30).as_numpy_iterator())
    for stream in range(2):
        path = [tuple(int(part[stream]) for part in one[:3]) for one in chunks]
        for (begin, first, end), (following, next_first, _) in itertools.pairwise(path):
            if begin + T + 1 < end:
                assert (following, next_first) == (begin + T, first)
            else:
                assert following == next_first
    assert {int(first) for one in chunks for first in one[1]} == set(source.arrays.first)
    assert all((one[3] == (one[0] == one[1])).all() for one in chunks)
    ends = {int(first): int(end) for one in chunks for first, end in zip(one[1], one[2], strict=True)}
    assert ends == dict(zip(source.arrays.first.tolist(), (source.arrays.last + 1).tolist(), strict=True))


def test_series_of_segments_are_entered_at_any_hour():
    _, _, source = forecaster(segment=6)
    chunks = list(draw_chunks(source.all_windows(), 1, 6 * T, 6, H, seed=0).take(60).as_numpy_iterator())
    assert {int(begin[0] - first[0]) % 6 for begin, first, _, _ in chunks} == set(range(6))


@pytest.mark.parametrize("segment", [1, 6])
def test_it_learns_validates_and_refits_like_the_default_learner(segment):
    model = Forecaster(
        "gru", 6, context_length=48, units=16, width=8, segment=segment, decoding="recursive",
        training=Training(steps=150, validate_every=50, learning_rate=0.02, learner="truncated:chunk=48"),
    )  # fmt: skip
    model.fit(make_frame(series=3, rows=400))
    history = model.learned_.history
    assert [row["step"] for row in history] == [50, 100, 150]
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["val_mae"] < 3, "a constant is off by 6.4, the noise by 0.8"
    assert model.learned_.notes["refit"].startswith("on all windows")
    assert np.isfinite(model.predict()["gru"]).all()
    assert model.facts.training["learner"] == "truncated:chunk=48"


@pytest.mark.parametrize(
    ("model", "learner", "message"),
    [
        ("gru", "truncated", "decoding='recursive'"),
        ("ff-ar", "truncated", "recurrent model"),
        ("ar", "truncated", "learns by 'least-squares'"),
        ("ar", "gradient", "learns by 'least-squares'"),
        ("gru", "nothing", "does not teach model 'gru'"),
        ("gru", "truncated:chunks=3", "Known fields: chunk"),
        ("gru", "truncated:chunk=1", "at least 2"),
        ("gru", "gradient:chunk=1", "no options"),
    ],
)
def test_what_a_learner_cannot_teach_is_refused_with_the_fix(model, learner, message):
    with pytest.raises(ConfigError, match=message):
        Forecaster(model, H, context_length=L, training=Training(learner=learner)).fit(make_frame(rows=120))


@pytest.mark.parametrize(("text", "message"), [("momentum", "Known: .*truncated"), ("truncated:chunk", "field=value")])
def test_a_learner_that_is_none_is_refused_at_once(text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Training(learner=text)
    assert caught.value.field == "learner"


def test_the_batch_rule_takes_every_window_in_every_step(monkeypatch):
    _, _, source = forecaster()
    index = source.all_windows()
    training = Training(batch_size="all", truncation=0.0)
    origins, _ = next(iter(draw_batches(index, training, L)))
    np.testing.assert_array_equal(origins, index.locate(np.arange(index.count))[0])
    monkeypatch.setattr("forecasting.training.batches.LARGEST_BATCH", 10)
    with pytest.raises(ConfigError, match="Give `batch_size` a number"):
        draw_batches(index, training, L)
    with pytest.raises(ConfigError, match="or 'all'"):
        Training(batch_size="every")


@pytest.mark.parametrize("size", [1, "all"])
def test_batch_and_pattern_rule_train(size):
    training = Training(**(QUICK | {"batch_size": size}))
    model = Forecaster("ff-ar", H, context_length=L, units=8, layers=1, width=4, training=training)
    assert np.isfinite(model.fit(make_frame(rows=120)).predict()["ff-ar"]).all()
    assert Training.from_dict(model.facts.training) == training


def test_chunks_count_by_the_scale_that_is_asked_for():
    """Two streams, of which the second is ten times as wide: in units of the data its errors count ten times."""
    frame = make_frame(rows=120)
    wide = frame["unique_id"] == "s1"
    frame.loc[wide, "y"] *= 10
    _, network, source = forecaster(frame=frame)
    first = source.arrays.first
    streams = [(int(begin) + L, int(begin), int(begin) + 100) for begin in first]
    weigh = weigher(network, "units")
    alone = [float(ChunkLoss(network, source, T, 1, weigh)(*chunk(*stream, False))) for stream in streams]
    contexts = [
        source.gather(*(tf.constant([at], tf.int64) for at in (begin - 1, one))).context for begin, one, _ in streams
    ]
    scales = [float(network.scaler(context).scale[0, 0]) for context in contexts]
    both = ChunkLoss(network, source, T, 2, weigh)
    rows = [tf.constant(part, tf.int64) for part in zip(*streams, strict=True)]
    found = float(both(*rows, tf.constant([False, False])))
    assert scales[1] > 5 * scales[0]
    assert found == pytest.approx(np.average(alone, weights=scales), rel=1e-5)
