"""Recurrent layers against their equations restated in NumPy; new cells are found by themselves."""

import numpy as np
import pytest

from forecasting.layers.recurrent import CELLS

B, T, F, U = 3, 7, 4, 5


def logistic(x):
    return 1 / (1 + np.exp(-x))


def elman(x, states, kernel, recurrent, bias):
    h = np.tanh(x @ kernel + states[0] @ recurrent + bias)
    return h, [h]


def lstm(x, states, kernel, recurrent, bias):
    h, c = states
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    h = logistic(o) * np.tanh(c)
    return h, [h, c]


def gru(x, states, kernel, recurrent, bias):
    h = states[0]
    from_x, from_h = x @ kernel + bias[0], h @ recurrent + bias[1]
    xz, xr, xn = np.split(from_x, 3, axis=1)
    hz, hr, hn = np.split(from_h, 3, axis=1)
    z, r = logistic(xz + hz), logistic(xr + hr)
    h = z * h + (1 - z) * np.tanh(xn + r * hn)
    return h, [h]


#: The oracle of every cell is a function of its name.
ORACLES = {"elman": elman, "lstm": lstm, "gru": gru}


@pytest.fixture(params=CELLS.names())
def layer(request):
    made = CELLS.load(request.param).Layer(
        U, return_sequences=True, return_state=True, dtype="float64", name=request.param
    )
    made(np.zeros((1, T, F)))
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(0, 0.5, weight.shape) for weight in made.get_weights()])
    return made


def inputs():
    return np.random.default_rng(1).normal(size=(B, T, F))


def test_every_cell_has_an_oracle():
    assert set(CELLS.names()) == set(ORACLES)


def test_the_layer_runs_its_equation_over_the_sequence(layer):
    x = inputs()
    sequence, *states = layer(x)
    expected = [np.zeros((B, U))] * len(states)
    for step in range(T):
        output, expected = ORACLES[layer.name](x[:, step], expected, *layer.get_weights())
        np.testing.assert_allclose(sequence[:, step], output, atol=1e-9)
    for state, oracle in zip(states, expected, strict=True):
        np.testing.assert_allclose(state, oracle, atol=1e-9)


def test_one_step_of_the_cell_is_one_step_of_the_layer(layer):
    x = inputs()
    _, *before = layer(x[:, :-1])
    sequence, *_ = layer(x)
    output, _ = layer.cell(x[:, -1], before)
    np.testing.assert_allclose(output, sequence[:, -1], atol=1e-9)


def test_an_output_does_not_depend_on_inputs_after_it(layer):
    x = inputs()
    changed = x.copy()
    changed[:, 4:] = 99
    np.testing.assert_array_equal(layer(x)[0][:, :4], layer(changed)[0][:, :4])


def test_a_fresh_lstm_remembers():
    made = CELLS.load("lstm").Layer(U, name="fresh")
    made(np.zeros((1, T, F), "float32"))
    _, recurrent, bias = made.get_weights()
    np.testing.assert_array_equal(bias[U : 2 * U], 1)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(U), atol=1e-5)
