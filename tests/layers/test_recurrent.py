"""Properties of every recurrent cell, found by itself; its equations are restated in `recurrent_oracles`."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.config.task import Task
from forecasting.layers import cells
from forecasting.layers.recurrent import CELLS
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from tests.conftest import BRIEF, make_frame
from tests.layers.recurrent_oracles import oracle

B, T, F, U = 3, 7, 4, 5
NAMES = CELLS.names()


def make(name, units=U, features=F, scale=0.5, **options):
    """Return a layer of a cell that gives sequences and states, its weights random."""
    options = {"dtype": "float64", "name": name} | options
    made = CELLS.load(name).Layer(units, return_sequences=True, return_state=True, **options)
    made.build((None, T, features))
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(0, scale, weight.shape) for weight in made.get_weights()])
    return made


@pytest.fixture(params=NAMES)
def layer(request):
    return make(request.param)


def inputs(rows=B, steps=T, features=F):
    return np.random.default_rng(1).normal(size=(rows, steps, features))


def random_states(layer, rows=B):
    """Return states that a run over other inputs leaves."""
    _, *states = layer(np.random.default_rng(2).normal(size=(rows, 3, F)))
    return [np.asarray(state) for state in states]


def start_of(layer, rows=B):
    return [np.asarray(state) for state in layer.get_initial_state(rows)]


@pytest.mark.parametrize("start", [start_of, random_states])
def test_the_layer_runs_its_equation_over_the_sequence(layer, start):
    x, states = inputs(), start(layer)
    sequence, *last = layer(x, initial_state=states)
    assert sequence.shape == (B, T, U)
    for step in range(T):
        output, states = oracle(layer.name)(x[:, step], states, *layer.get_weights())
        np.testing.assert_allclose(sequence[:, step], output, rtol=0, atol=1e-9)
    for state, expected in zip(last, states, strict=True):
        np.testing.assert_allclose(state, expected, rtol=0, atol=1e-9)


def test_the_cell_steps_as_the_layer_runs(layer):
    x, states = inputs(), start_of(layer)
    sequence, *last = layer(x)
    for step in range(T):
        output, states = layer.cell(x[:, step], states, training=False)
        np.testing.assert_allclose(output, sequence[:, step], rtol=0, atol=1e-12)
    assert [state.shape[1] for state in states] == np.ravel(layer.cell.state_size).tolist()
    for state, expected in zip(states, last, strict=True):
        np.testing.assert_allclose(state, expected, rtol=0, atol=1e-12)


def test_an_output_does_not_depend_on_inputs_after_it(layer):
    x = inputs()
    changed = x.copy()
    changed[:, 4:] = 99
    np.testing.assert_array_equal(layer(x)[0][:, :4], layer(changed)[0][:, :4])
    assert not np.array_equal(layer(x)[0][:, 4:], layer(changed)[0][:, 4:])


def test_a_last_output_is_the_end_of_the_sequence(layer):
    last = CELLS.load(layer.name).Layer(U, dtype="float64")
    last.build((None, T, F))
    last.set_weights(layer.get_weights())
    np.testing.assert_allclose(last(inputs()), layer(inputs())[0][:, -1], rtol=0, atol=1e-12)


def test_a_layer_is_its_configuration(layer):
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    again.build((None, T, F))
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(inputs())[0], layer(inputs())[0])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_close_to_single_and_keeps_its_weights_in_single(name, policy):
    single, half = make(name, dtype="float32"), make(name, dtype=policy)
    assert {weight.dtype for weight in half.weights} == {"float32"}
    x = inputs().astype("float32")
    for one, other in zip(half(x), single(x), strict=True):
        assert keras.backend.standardize_dtype(one.dtype) == half.compute_dtype
        np.testing.assert_allclose(keras.ops.cast(one, "float32"), other, atol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_through_two_hundred_steps_are_finite(name):
    """With the first weights a network is given, in one graph of any number of rows and steps."""
    keras.utils.set_random_seed(0)
    fresh = CELLS.load(name).Layer(U, name=name)
    fresh.build((None, None, F))

    @tf.function(input_signature=[tf.TensorSpec([None, None, F])])
    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(fresh(x, training=True) ** 2)
        return tape.gradient(loss, [x, *fresh.trainable_variables])

    for gradient in gradients(tf.constant(inputs(steps=200), tf.float32)):
        assert np.isfinite(gradient).all()
        assert np.any(gradient)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_is_the_slope_of_the_loss(name):
    """Along one random direction per weight, between two points beside it."""
    layer = make(name, units=3)
    x = tf.constant(inputs(rows=2, steps=4))
    rng = np.random.default_rng(3)

    def loss():
        return sum(tf.reduce_sum(tf.sin(output) * (1 + number)) for number, output in enumerate(layer(x)))

    for weight in layer.trainable_variables:
        with tf.GradientTape() as tape:
            value = loss()
        gradient = np.asarray(tape.gradient(value, weight))
        start, direction = np.asarray(weight), rng.normal(size=weight.shape)
        losses = []
        for side in (1e-5, -1e-5):
            weight.assign(start + side * direction)
            losses.append(float(loss()))
        weight.assign(start)
        slope = (losses[0] - losses[1]) / 2e-5
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-7, err_msg=weight.path)


CHOICES = {"units": 6, "width": 4, "segment": 8}


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_a_recursive_network_reaches_every_weight_and_its_weights_are_all_it_is(name):
    """It asks most of a cell: run over the context as a layer, then stepped with what it gives back, in one graph.

    A forecaster of every cell is trained and saved in `tests/models/test_contract.py`.
    """
    spec = ModelSpec.of("recurrent", {**CHOICES, "cell": name, "decoding": "recursive"})
    task, rng = Task(12, 32, "h", (24,)), np.random.default_rng(0)
    network, other = build_network(spec, task, seed=1), build_network(spec, task, seed=2)
    context, target = rng.normal(size=(2, 32)), rng.normal(size=(2, 12))
    known = np.zeros((2, 44, 0), "float32")

    @tf.function(autograph=False)
    def gradients():
        with tf.GradientTape() as tape:
            loss = network.training_loss(context, known, target, None, 0.5)
        return tape.gradient(loss, network.trainable_variables)

    for gradient in gradients():
        assert np.isfinite(gradient).all()
        assert np.any(gradient)
    before = np.asarray(network(context, known))
    assert np.isfinite(before).all()
    assert not np.array_equal(other(context, known), before)
    other.set_weights(network.get_weights())
    np.testing.assert_array_equal(other(context, known), before)


THROWAWAY = '''"""A cell that only sums."""

import keras


class Sum(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.state_size), name="kernel")

    def call(self, x, states):
        h = 0.5 * states[0] + keras.ops.matmul(x, self.kernel)
        return h, [h]


def Layer(units, **options):
    return keras.layers.RNN(Sum(units), **options)
'''


def test_a_file_is_all_that_a_new_cell_needs(tmp_path, monkeypatch):
    folder = tmp_path / "cells"
    folder.mkdir()
    (folder / "throwaway.py").write_text(THROWAWAY, encoding="utf-8")
    monkeypatch.setattr(cells, "__path__", [*cells.__path__, str(folder)])
    assert CELLS.names() == sorted([*NAMES, "throwaway"])
    choices = {**CHOICES, "cell": "throwaway"}
    forecaster = Forecaster("recurrent", 12, context_length=32, training=Training(**BRIEF), **choices)
    forecast = forecaster.fit(make_frame(rows=100)).predict()
    assert np.isfinite(forecast["recurrent"]).all()
    del sys.modules[f"{CELLS.package}.throwaway"]


def test_a_cell_without_an_oracle_is_told_what_to_add():
    with pytest.raises(pytest.fail.Exception, match=r"add tests/layers/recurrent_oracles/no_such\.py with step"):
        oracle("no-such")
