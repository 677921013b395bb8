"""Gradients through time against products of Jacobians in NumPy."""

import keras
import numpy as np
import pytest

from forecasting.experiments import gradients
from forecasting.layers.recurrent import CELLS

B, T, F, U = 3, 9, gradients.INPUTS, 5


def sequences():
    rng = np.random.default_rng(1)
    return rng.normal(size=(B, T, F)), rng.normal(size=(B, U))


def elman_cell(activation):
    layer = keras.layers.SimpleRNN(U, activation=activation, dtype="float64")
    layer(np.zeros((1, 1, F)))
    rng = np.random.default_rng(2)
    layer.set_weights([rng.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return layer.cell


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_the_norm_is_that_of_the_product_of_jacobians(activation):
    cell, (x, d) = elman_cell(activation), sequences()
    kernel, recurrent, bias = cell.get_weights()
    norms = np.zeros((B, T))
    for row in range(B):
        states = [np.zeros(U)]
        for step in range(T):
            raw = x[row, step] @ kernel + states[-1] @ recurrent + bias
            states.append(raw if activation == "linear" else np.tanh(raw))
        gradient = states[-1] - d[row]
        for back in range(1, T + 1):
            after = states[T - back + 1]
            slope = np.ones(U) if activation == "linear" else 1 - after**2
            jacobian = slope[:, None] * recurrent.T  # dh_t / dh_{t-1}
            gradient = jacobian.T @ gradient
            norms[row, back - 1] = np.linalg.norm(gradient)
    found = gradients.gradients(cell, x, d).by_steps_back
    np.testing.assert_allclose(found, norms.mean(axis=0), rtol=1e-10)


def test_a_linear_cell_with_an_orthogonal_kernel_follows_the_theory_exactly():
    cell, (x, d) = elman_cell("linear"), sequences()
    orthogonal, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(U, U)))
    cell.recurrent_kernel.assign(1.5 * orthogonal)
    found = gradients.gradients(cell, x, d).by_steps_back
    np.testing.assert_allclose(found[1:] / found[:-1], 1.5, rtol=1e-10)


def test_the_gradient_of_the_weights_is_a_slope_of_the_error():
    cell, (x, d) = elman_cell("tanh"), sequences()

    def error(weights):
        cell.set_weights(weights)
        return keras.ops.sum((keras.layers.RNN(cell, dtype="float64")(x) - d) ** 2) / 2 / (B * U)

    weights = cell.get_weights()
    found = gradients.gradients(cell, x, d).weights
    rng = np.random.default_rng(4)
    ways = [rng.normal(size=weight.shape) for weight in weights]
    up = error([weight + 1e-5 * way for weight, way in zip(weights, ways, strict=True)])
    down = error([weight - 1e-5 * way for weight, way in zip(weights, ways, strict=True)])
    slope = sum(float(np.sum(one * way)) for one, way in zip(found, ways, strict=True))
    assert float(up - down) / 2e-5 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", CELLS.names())
def test_the_error_reaches_the_first_state_of_every_cell(name):
    x, d = sequences()
    norms = gradients.gradients(gradients.built(name, U), x, d).by_steps_back
    assert norms.shape == (T,)
    assert np.isfinite(norms).all()
    assert (norms > 0).all()


def test_clipping_bounds_the_norm_and_leaves_small_gradients_alone():
    assert gradients.clipped_norms([np.array([3.0]), np.array([4.0])], 1.0) == pytest.approx((5.0, 1.0))
    assert gradients.clipped_norms([np.array([0.3]), np.array([0.4])], 1.0) == pytest.approx((0.5, 0.5))


def test_the_quick_run_shows_every_cell():
    result = gradients.run(quick=True)
    shown = {row["network"] for row in result.rows if row["study"] == "cells"}
    assert shown == set(CELLS.names())
    clipping = [row for row in result.rows if row["study"] == "clipping"]
    assert all(row["clipped"] <= 1 + 1e-12 for row in clipping)
    assert set(result.figures) == {"cells", "remedies", "clipping"}


def test_a_forget_bias_keeps_the_gradient():
    x, d = sequences()
    small, usual, large = (
        gradients.gradients(gradients.biased_lstm(bias)(U), x, d).by_steps_back[-1] for bias in (0.0, 1.0, 4.0)
    )
    assert small < usual < large
