"""Heads: every one is found and keeps the contract; losses against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.config import QUANTILE_GRID
from forecasting.errors import ConfigError
from forecasting.heads import HEADS

LEVELS = {name: () if name == "point" else QUANTILE_GRID for name in HEADS.names()}


def raw_numbers(head, seed=0):
    return np.random.default_rng(seed).normal(0, 3, (4, 6, head.parameters)).astype("float32")


@pytest.mark.parametrize("name", HEADS.names())
def test_a_head_gives_quantiles_and_a_loss_for_every_step(name):
    head = HEADS.load(name).Head(LEVELS[name])
    raw = raw_numbers(head)
    assert head(raw).shape == (4, 6, max(1, len(LEVELS[name])))
    loss = np.asarray(head.loss(raw, np.zeros((4, 6), "float32")))
    assert loss.shape == (4, 6)
    assert np.isfinite(loss).all()


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
