"""What single recurrent cells promise beside their equations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from forecasting.errors import ConfigError
from forecasting.layers.recurrent import CELLS
from tests.layers.recurrent_oracles import oracle
from tests.layers.test_lstm import assert_same, random_states, traced
from tests.layers.test_recurrent import NAMES, B, F, T, U, inputs, make


@pytest.mark.parametrize("name", ["lstm", "peephole-lstm", "memory"])
def test_a_fresh_cell_with_a_forget_gate_remembers(name):
    made = CELLS.load(name).Layer(U, name="fresh")
    made.build((None, T, F))
    _, recurrent, bias, *_ = made.get_weights()
    np.testing.assert_array_equal(bias[U : 2 * U], 1)
    np.testing.assert_array_equal(np.delete(bias, slice(U, 2 * U)), 0)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(U), atol=1e-5)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"elman", "gru", "lstm"}))
@pytest.mark.parametrize("units", [0, 2.5, None])
def test_a_width_that_means_nothing_is_refused(name, units):
    with pytest.raises((ConfigError, ValueError, TypeError)):
        CELLS.load(name).Layer(units).build((None, T, F))


def test_without_peepholes_it_is_the_lstm():
    peephole, plain = (CELLS.load(name).Layer(U, return_sequences=True) for name in ("peephole-lstm", "lstm"))
    for made in (peephole, plain):
        made.build((None, T, F))
    *weights, peepholes = make("peephole-lstm").get_weights()
    plain.set_weights(weights)
    x = inputs().astype("float32")
    peephole.set_weights([*weights, np.zeros_like(peepholes)])
    np.testing.assert_allclose(peephole(x), plain(x), atol=1e-6)
    peephole.set_weights([*weights, peepholes])
    assert np.abs(np.asarray(peephole(x)) - np.asarray(plain(x))).max() > 0.01


def test_the_kernel_of_the_peephole_lstm_is_the_loop(monkeypatch):
    """Outputs, states and gradients of everything, for batches of one lane and of several."""
    ours = make("peephole-lstm", dtype="float32")
    run = traced(ours, 2)
    monkeypatch.setattr("forecasting.layers.recurrent.block.MOST_UNITS", 0)
    run_loop = traced(ours, 2)
    rng = np.random.default_rng(3)
    for rows, steps in [(1, 1), (5, 9), (33, 4), (150, 3)]:
        x = tf.constant(rng.normal(size=(rows, steps, F)), tf.float32)
        states = random_states(rows, rng)
        monkeypatch.setattr("forecasting.layers.recurrent.block.MOST_UNITS", U)
        outputs, gradients = run(x, *states)
        monkeypatch.setattr("forecasting.layers.recurrent.block.MOST_UNITS", 0)
        expected, expected_gradients = run_loop(x, *states)
        assert_same(outputs, expected, 1e-5)
        assert_same(gradients, expected_gradients, 1e-4)


@pytest.mark.parametrize("options", [{"go_backwards": True}, {"unroll": True}, {"dtype": "mixed_bfloat16"}])
def test_what_the_kernel_cannot_do_is_done_by_the_loop(options, monkeypatch):
    ours = make("peephole-lstm", **{"dtype": "float32"} | options)
    monkeypatch.setattr("forecasting.layers.recurrent.block.in_lanes", None)
    ours(inputs().astype("float32"))


def test_cho_s_gru_is_keras_s_with_the_reset_before():
    ours = make("cho-gru")
    theirs = keras.layers.GRU(U, reset_after=False, return_sequences=True, dtype="float64")
    theirs.build((None, T, F))
    theirs.set_weights(ours.get_weights())
    np.testing.assert_array_equal(ours(inputs())[0], theirs(inputs()))


@pytest.mark.parametrize("name", ["mut1", "mut2"])
def test_an_input_as_wide_as_the_state_is_not_projected(name):
    same, other = make(name, features=U), make(name, features=F)
    assert len(other.get_weights()) == len(same.get_weights()) + 1
    x = inputs(features=U)
    output, _ = oracle(name)(x[:, 0], [np.zeros((B, U))], *same.get_weights())
    np.testing.assert_allclose(same(x)[0][:, 0], output, atol=1e-9)


def test_the_output_of_a_jordan_cell_is_bounded_unless_chosen_otherwise():
    choices = ({}, {"output_activation": "linear"})
    bounded, free = (make("jordan", scale=2.0, **choice)(inputs())[0] for choice in choices)
    assert np.abs(bounded).max() <= 1 < np.abs(free).max()


@pytest.fixture(scope="module")
def memory():
    from forecasting.layers.cells import memory

    return memory


def test_the_weights_of_the_heads_sum_to_one_and_the_memory_stays_bounded():
    _, _, _, contents, reader, writer, _ = make("memory", scale=2.0)(inputs(steps=50))
    for weights in (reader, writer):
        assert np.min(weights) >= 0
        np.testing.assert_allclose(np.sum(weights, axis=1), 1, atol=1e-12)
    assert np.isfinite(contents).all()


def test_a_fresh_memory_is_almost_empty_and_both_heads_stand_at_its_first_slot():
    made = CELLS.load("memory").Layer(U, slots=6, width=3)
    _, _, contents, reader, writer, _ = made.get_initial_state(2)
    assert contents.shape == (2, 18)
    assert 0 < np.max(contents) < 1e-3
    for weights in (reader, writer):
        np.testing.assert_array_equal(weights, [[1, 0, 0, 0, 0, 0]] * 2)


@pytest.mark.parametrize("choice", ["slots", "width"])
def test_a_memory_of_no_size_is_refused(choice):
    with pytest.raises(ConfigError, match=f"`{choice}` must be") as caught:
        CELLS.load("memory").Layer(U, **{choice: 0})
    assert caught.value.field == choice


def test_what_is_stored_is_found_by_its_content(memory):
    rng = np.random.default_rng(0)
    stored = rng.normal(size=(2, 6, 8))
    key = stored[:, [3, 1]] * 0.4
    weak, strong = (memory.content_weights(key, np.full((2, 2, 1), strength), stored) for strength in (0.0, 100.0))
    np.testing.assert_allclose(weak, 1 / 6)
    np.testing.assert_allclose(np.asarray(strong)[:, [0, 1], [3, 1]], 1, atol=1e-6)


def test_an_empty_slot_resembles_nothing_and_has_a_gradient(memory):
    empty = tf.zeros([1, 4, 3])
    with tf.GradientTape() as tape:
        tape.watch(empty)
        weights = memory.content_weights(tf.ones([1, 1, 3]), tf.ones([1, 1, 1]), empty)
        first = weights[0, 0, 0]
    np.testing.assert_allclose(weights, 0.25)
    gradient = tape.gradient(first, empty)
    assert np.isfinite(gradient).all()
    assert np.any(gradient)


def test_a_shift_moves_around_the_circle(memory):
    first = np.eye(5)[[0]][None]
    for direction, slot in ((0, 4), (1, 0), (2, 1)):
        moved = memory.shift(first, np.eye(3)[[direction]][None])
        np.testing.assert_array_equal(moved, np.eye(5)[[slot]][None])


def test_sharpening_raises_the_highest_weight(memory):
    weights = np.array([[[0.5, 0.3, 0.2]]])
    same, sharp = (np.asarray(memory.sharpen(weights, np.full((1, 1, 1), power))) for power in (1.0, 3.0))
    np.testing.assert_allclose(same, weights, atol=1e-5)
    np.testing.assert_allclose(sharp, weights**3 / (weights**3).sum(), atol=1e-4)


def test_writing_replaces_one_slot_and_leaves_the_others(memory):
    contents = np.random.default_rng(0).normal(size=(1, 4, 3))
    new = np.array([[0.1, 0.2, 0.3]])
    written = np.asarray(memory.write(contents, np.eye(4)[[2]], np.ones((1, 3)), new))
    np.testing.assert_array_equal(written[0, 2], new[0])
    np.testing.assert_array_equal(np.delete(written, 2, axis=1), np.delete(contents, 2, axis=1))
