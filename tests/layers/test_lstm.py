"""The LSTM's own way on a CPU against Keras's: outputs, states, gradients, and when it hands over."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from forecasting.layers.cells.lstm import LSTM
from forecasting.layers.recurrent import block, lanes

B, T, F, U = 3, 7, 4, 5


def inputs():
    return np.random.default_rng(1).normal(size=(B, T, F))


#: The conditions under which our layer hands over to Keras's.
HANDED_OVER = {
    "reversed": {"go_backwards": True},
    "unrolled": {"unroll": True},
    "recurrent_dropout": {"recurrent_dropout": 0.5},
    "other_activation": {"activation": "relu"},
    "no_bias": {"use_bias": False},
    "half": {"dtype": "mixed_bfloat16"},
    "double": {"dtype": "float64"},
}


def pair(**options):
    """Return our layer and Keras's with the same weights, none of them at its first value."""
    rng = np.random.default_rng(2)
    layers = [kind(U, return_state=True, **options) for kind in (LSTM, keras.layers.LSTM)]
    for made in layers:
        made.build((None, T, F))
    weights = [rng.normal(0, 0.5, weight.shape) for weight in layers[0].get_weights()]
    for made in layers:
        made.set_weights(weights)
    return layers


def random_states(rows, rng):
    return [tf.constant(rng.normal(0, 0.5, (rows, U)), tf.float32) for _ in range(2)]


def traced(layer, state_count):
    """Return a compiled function of any batch and length: outputs, then gradients of everything."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, F])] + [tf.TensorSpec([None, U])] * state_count)
    def run(x, *states):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            outputs = layer(x, initial_state=list(states), training=True)
            loss = sum(tf.reduce_sum(tf.sin(output) * (1.0 + number)) for number, output in enumerate(outputs))
        return outputs, tape.gradient(loss, [x, *states, *layer.trainable_variables])

    return run


def assert_same(ours, theirs, tolerance):
    for one, other in zip(ours, theirs, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * max(1.0, np.abs(other).max()))


@pytest.mark.parametrize("sequences", [True, False])
def test_outputs_states_and_gradients_are_those_of_keras(sequences):
    ours, theirs = pair(return_sequences=sequences)
    rng = np.random.default_rng(3)
    run_ours, run_theirs = (traced(each, 2) for each in (ours, theirs))
    for rows, steps in [(1, 1), (5, 9), (33, 4), (150, 3), (277, 2)]:
        x = tf.constant(rng.normal(size=(rows, steps, F)), tf.float32)
        states = random_states(rows, rng)
        (outputs, gradients), (expected, expected_gradients) = run_ours(x, *states), run_theirs(x, *states)
        assert_same(outputs, expected, 1e-5)
        assert_same(gradients, expected_gradients, 1e-4)


def test_a_gradient_is_the_slope_of_the_loss():
    ours, _ = pair()
    x = tf.constant(inputs(), tf.float32)
    for weight in ours.trainable_variables:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(ours(x)[0] ** 2)
        gradient = np.asarray(tape.gradient(loss, weight))
        start, direction = np.asarray(weight), np.sign(gradient)
        losses = []
        for side in (1e-3, -1e-3):
            weight.assign(start + side * direction)
            losses.append(float(tf.reduce_sum(ours(x)[0] ** 2)))
        weight.assign(start)
        np.testing.assert_allclose((losses[0] - losses[1]) / 2e-3, np.abs(gradient).sum(), rtol=1e-2)


def test_lanes_change_nothing(monkeypatch):
    ours, _ = pair(return_sequences=True)
    rng = np.random.default_rng(4)
    x = tf.constant(rng.normal(size=(7, T, F)), tf.float32)
    states = random_states(7, rng)
    results = []
    for count in (1, 3):
        monkeypatch.setattr(lanes, "lane_count", lambda rows, most_rows=None, count=count: count)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = ours(x, initial_state=states)
            loss = tf.reduce_sum(outputs[0] ** 2)
        results.append((outputs, tape.gradient(loss, [x, *ours.trainable_variables])))
    assert_same(results[0][0], results[1][0], 1e-6)
    assert_same(results[0][1], results[1][1], 1e-5)


def test_a_batch_is_parted_as_far_as_its_rows_and_the_threads_allow(monkeypatch):
    threading = tf.config.threading
    monkeypatch.setattr(threading, "get_inter_op_parallelism_threads", lambda: 2)
    monkeypatch.setattr(threading, "get_intra_op_parallelism_threads", lambda: 2)
    assert [lanes.lane_count(rows) for rows in (0, 1, 31, 32, 10_000, None)] == [1, 1, 1, 2, 2, 2]
    assert [lanes.lane_count(rows, 32) for rows in (1, 64, 256, 10_000, None)] == [1, 2, 8, 8, 8]
    monkeypatch.setattr(threading, "get_intra_op_parallelism_threads", lambda: 1)
    assert lanes.lane_count(256, 32) == 2


def test_the_plain_layer_is_computed_here(monkeypatch):
    ours, _ = pair()
    monkeypatch.setattr(keras.layers.RNN, "inner_loop", None)
    assert ours(tf.zeros([2, T, F]))[0].shape == (2, U)


@pytest.mark.parametrize("condition", HANDED_OVER)
def test_everything_else_is_computed_by_keras(condition, monkeypatch):
    ours, theirs = pair(**HANDED_OVER[condition])
    x = tf.constant(inputs(), ours.compute_dtype)
    for one, other in zip(ours(x), theirs(x), strict=True):
        np.testing.assert_array_equal(keras.ops.cast(one, "float64"), keras.ops.cast(other, "float64"))
    assert not _lanes_used(ours, x, monkeypatch)


def _lanes_used(layer, x, monkeypatch, **call):
    """Return whether a call went through the lanes."""
    used = []
    original = block.in_lanes
    monkeypatch.setattr(block, "in_lanes", lambda *args: used.append(1) or original(*args))
    layer(x, **call)
    return bool(used)


def test_calls_with_a_mask_dropout_or_a_gpu_are_keras_s(monkeypatch):
    ours, theirs = pair(dropout=0.5)
    x = tf.constant(inputs(), tf.float32)
    mask = tf.constant(np.arange(T) < [[T], [3], [1]])
    assert_same(ours(x, mask=mask), theirs(x, mask=mask), 0)
    assert not _lanes_used(ours, x, monkeypatch, mask=mask)
    assert not _lanes_used(ours, x, monkeypatch, training=True)
    assert _lanes_used(ours, x, monkeypatch)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    assert not _lanes_used(ours, x, monkeypatch)


def test_a_wide_layer_is_keras_s(monkeypatch):
    wide = LSTM(block.MOST_UNITS + 1)
    assert not _lanes_used(wide, tf.constant(inputs(), tf.float32), monkeypatch)


def test_weights_keep_keras_s_names_shapes_and_first_values():
    made = []
    for kind in (LSTM, keras.layers.LSTM):
        keras.utils.set_random_seed(0)
        made.append(kind(U, name="same"))
        made[-1].build((None, T, F))
    ours, theirs = ([(weight.path, np.asarray(weight)) for weight in layer.weights] for layer in made)
    for (path, value), (expected_path, expected) in zip(ours, theirs, strict=True):
        assert path == expected_path
        np.testing.assert_array_equal(value, expected)


def test_a_model_of_it_trains_in_many_steps_at_once_and_survives_saving(tmp_path):
    keras.utils.set_random_seed(0)
    kind = LSTM
    x = keras.Input((None, F))
    model = keras.Model(x, keras.layers.Dense(1)(kind(U)(kind(U, return_sequences=True)(x))))
    model.compile(keras.optimizers.Adam(0.02), "mse", steps_per_execution=4, jit_compile=False)
    rng = np.random.default_rng(5)
    windows = rng.normal(size=(44, T, F)).astype("float32")
    history = model.fit(windows, windows[:, -1, :1], batch_size=16, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[1]) is kind
    np.testing.assert_array_equal(loaded.predict(windows, verbose=0), model.predict(windows, verbose=0))


def test_a_layer_is_its_configuration():
    made = LSTM(U, return_sequences=True, return_state=True, name="encoder")
    again = keras.layers.deserialize(keras.layers.serialize(made))
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
