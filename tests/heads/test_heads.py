"""Heads: every one is found and keeps the contract; losses against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.config import QUANTILE_GRID
from forecasting.errors import ConfigError
from forecasting.heads import HEADS

SYMBOLS = ("a", "b", "c", "d")
ARGUMENTS = dict.fromkeys(HEADS.names(), (QUANTILE_GRID, ())) | {"point": ((), ()), "categorical": ((), SYMBOLS)}


def raw_numbers(head, seed=0):
    return np.random.default_rng(seed).normal(0, 3, (4, 6, head.parameters)).astype("float32")


@pytest.mark.parametrize("name", HEADS.names())
def test_a_head_gives_outputs_and_a_loss_for_every_step(name):
    levels, symbols = ARGUMENTS[name]
    head = HEADS.load(name).Head(levels, symbols)
    raw = raw_numbers(head)
    assert head(raw).shape == (4, 6, max(1, len(levels) or len(symbols)))
    assert np.asarray(head.value(head(raw))).shape == (4, 6)
    assert np.asarray(head.point(raw)).shape == (4, 6)
    loss = np.asarray(head.loss(raw, np.zeros((4, 6), "float32")))
    assert loss.shape == (4, 6)
    assert np.isfinite(loss).all()


@pytest.mark.parametrize("name", HEADS.names())
def test_raw_numbers_are_found_back_from_outputs(name):
    head = HEADS.load(name).Head(*ARGUMENTS[name])
    outputs = np.asarray(head(raw_numbers(head))).astype("float64")
    np.testing.assert_allclose(head(head.raw_of(outputs)), outputs, atol=1e-6)


@given(arrays(np.float32, (2, 3, len(QUANTILE_GRID)), elements=st.floats(-50, 50, width=32)))
def test_quantiles_never_cross(raw):
    quantiles = np.asarray(HEADS.load("quantiles").Head(QUANTILE_GRID)(raw))
    assert (np.diff(quantiles, axis=2) >= 0).all()


def test_the_quantile_loss_is_twice_the_mean_pinball_loss():
    head = HEADS.load("quantiles").Head((0.1, 0.5, 0.9))
    raw = raw_numbers(head)
    y = np.ones((4, 6), "float32")
    error = y[:, :, None] - np.asarray(head(raw))
    levels = np.array([0.1, 0.5, 0.9])
    expected = 2 * np.where(error >= 0, levels * error, (levels - 1) * error).mean(axis=2)
    np.testing.assert_allclose(head.loss(raw, y), expected, rtol=1e-5)


def test_the_point_loss_is_the_absolute_error():
    head = HEADS.load("point").Head(())
    np.testing.assert_allclose(head.loss(np.full((1, 1, 1), 3.0), np.full((1, 1), -1.0)), [[4.0]])


def test_levels_must_fit_the_head():
    with pytest.raises(ConfigError, match="no quantiles"):
        HEADS.load("point").Head((0.5,))
    with pytest.raises(ConfigError, match="needs `quantile_levels`"):
        HEADS.load("quantiles").Head(())
    for name in ("point", "quantiles"):
        with pytest.raises(ConfigError, match="head='categorical'"):
            HEADS.load(name).Head(ARGUMENTS[name][0], SYMBOLS)


def categorical():
    return HEADS.load("categorical").Head((), SYMBOLS)


def test_the_loss_of_symbols_is_minus_the_log_of_the_softmax():
    raw = raw_numbers(categorical())
    target = np.random.default_rng(1).integers(0, 4, (4, 6))
    p = np.exp(raw) / np.exp(raw).sum(axis=2, keepdims=True)
    expected = -np.log(np.take_along_axis(p, target[:, :, None], axis=2))[:, :, 0]
    np.testing.assert_allclose(categorical().loss(raw, target.astype("float32")), expected, rtol=1e-4)
    np.testing.assert_allclose(categorical()(raw), p, rtol=1e-4)


def test_the_point_of_symbols_is_the_code_of_the_largest_and_its_error_is_0_or_1():
    raw = raw_numbers(categorical())
    point = np.asarray(categorical().point(raw))
    np.testing.assert_array_equal(point, raw.argmax(axis=2))
    assert np.asarray(categorical().error(np.array([0.0, 1.0]), np.array([0.0, 3.0]))).tolist() == [0.0, 1.0]


def test_drawn_symbols_are_those_of_the_softmax_and_of_the_top_k():
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], "float32"))
    noise = np.random.default_rng(0).gumbel(size=(20_000, 4)).astype("float32")
    head = categorical()

    def shares(scale, top_k):
        drawn = head.point(head.drawn(np.broadcast_to(logits, noise.shape), scale * noise, top_k))
        return np.bincount(np.asarray(drawn).astype(int), minlength=4) / len(noise)

    np.testing.assert_allclose(shares(1.0, 4), [0.5, 0.3, 0.15, 0.05], atol=0.015)
    np.testing.assert_allclose(shares(1.0, 2), [0.625, 0.375, 0, 0], atol=0.015)
    squared = np.array([0.5, 0.3, 0.15, 0.05]) ** 2  # a temperature of 1/2 squares the probabilities
    np.testing.assert_allclose(shares(0.5, 4), squared / squared.sum(), atol=0.015)
    np.testing.assert_array_equal(shares(0.0, 4), [1, 0, 0, 0])


def test_a_categorical_head_needs_symbols_and_has_no_quantiles():
    with pytest.raises(ConfigError, match="needs the `symbols`"):
        HEADS.load("categorical").Head(())
    with pytest.raises(ConfigError, match="no quantiles"):
        HEADS.load("categorical").Head((0.5,), SYMBOLS)
