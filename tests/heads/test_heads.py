"""Heads: every one is found and keeps the contract; losses against NumPy."""

import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from forecasting import ModelSpec
from forecasting.config.task import QUANTILE_GRID, Task
from forecasting.errors import ConfigError
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.inputs import Dice
from forecasting.layers.scaling import WindowScaler
from tests.heads.head_oracles import oracle

pytestmark = pytest.mark.fast

SYMBOLS = ("a", "b", "c", "d")


def task_of(name, levels=QUANTILE_GRID, **choices):
    spec = HeadSpec(name)
    return Task(
        6,
        24,
        "h",
        (24,),
        levels if spec.traits.has_quantiles else (),
        symbols=SYMBOLS * spec.traits.has_symbols,
        **choices,
    )


def head_of(name, *args, **choices):
    return HeadSpec.parse(name).build(task_of(name.split(":")[0], *args, **choices))


def windows(name):
    """Return four scaled windows; those of symbols are not scaled."""
    context = np.random.default_rng(1).poisson([[3], [30], [300], [1]], (4, 24)).astype("float64")
    return WindowScaler("none" if HeadSpec(name).traits.has_symbols else "standard")(context)


def raw_numbers(head, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (4, 6, head.parameters)).astype("float32")


@pytest.mark.parametrize("name", HEADS.names())
def test_a_head_gives_outputs_and_a_loss_for_every_step(name):
    head, scaled = head_of(name), windows(name)
    raw = raw_numbers(head)
    outputs = np.asarray(head(raw, scaled))
    assert outputs.shape == (4, 6, max(1, len(task_of(name).quantile_levels) or len(task_of(name).symbols)))
    assert outputs.dtype == np.float64
    if HeadSpec(name).traits.has_quantiles:
        assert (np.diff(outputs, axis=2) >= 0).all()
    value, point = np.asarray(head.value(outputs)), np.asarray(scaled.original(head.point(raw, scaled)))
    np.testing.assert_allclose(point, value, rtol=1e-5, atol=1e-5)
    loss = np.asarray(head.loss(raw, scaled, np.ones((4, 6))))
    assert loss.shape == (4, 6)
    assert np.isfinite(loss).all()


@pytest.mark.parametrize("name", ["point", "quantiles", "categorical"])
def test_raw_numbers_are_found_back_from_outputs(name):
    head = head_of(name)
    raw = raw_numbers(head)
    outputs = np.asarray(head(raw, windows(name)) if name == "categorical" else head.numbers(raw)).astype("float64")
    again = head.raw_of(outputs)
    again = head(again, windows(name)) if name == "categorical" else head.numbers(again)
    np.testing.assert_allclose(again, outputs, atol=1e-6)


@settings(max_examples=30)
@given(arrays(np.float32, (4, 3, len(QUANTILE_GRID)), elements=st.floats(-50, 50, width=32)))
def test_quantiles_never_cross(raw):
    quantiles = np.asarray(head_of("quantiles")(raw, windows("quantiles")))
    assert (np.diff(quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("bounds", [{}, {"lower": -5.0, "upper": 400.0}])
def test_the_losses_of_points_and_quantiles_are_those_of_their_errors_relative_to_the_scale(bounds):
    levels = np.array([0.1, 0.5, 0.9])
    y = np.random.default_rng(2).normal(20, 5, (4, 6))
    for name, shares in (("point", np.array([0.5])), ("quantiles", levels)):
        task = task_of(name, tuple(levels), **bounds)
        head, scaled = HeadSpec(name).build(task), windows(name)
        raw = raw_numbers(head)
        error = (y[:, :, None] - np.asarray(head(raw, scaled))) / np.asarray(scaled.scale)[:, :, None]
        expected = 2 * np.where(error >= 0, shares * error, (shares - 1) * error).mean(axis=2)
        np.testing.assert_allclose(head.loss(raw, scaled, y), expected, rtol=1e-4)


@pytest.mark.parametrize("name", HEADS.names())
def test_extreme_numbers_leave_finite_losses_and_gradients(name):
    if HeadSpec(name).traits.has_symbols:
        return
    head = head_of(name)
    context = np.array([[0.0] * 24, [7.0] * 24, [*range(24)], [1e15, *[0.0] * 23]])
    scaled = WindowScaler("standard")(context)
    for size in (0.0, 30.0, 1e4):
        for target in (0.0, 1.0, 1e9, 1e300):
            for sign in (-1, 1):
                raw = tf.constant(np.full((4, 6, head.parameters), sign * size, "float32"))
                y = np.where(np.asarray(scaled.varies) > 0, target, np.asarray(scaled.center)) * np.ones((4, 6))
                with tf.GradientTape() as tape:
                    tape.watch(raw)
                    loss = head.loss(raw, scaled, tf.constant(y))
                gradient = tape.gradient(loss, raw)
                assert np.isfinite(np.asarray(loss)).all(), (size, target, sign)
                assert np.isfinite(np.sum(np.square(np.asarray(gradient)))), (size, target, sign)
                assert np.isfinite(np.asarray(head(raw, scaled))).all(), (size, target, sign)


def test_levels_must_fit_the_head():
    for name in HEADS.names():
        other = () if HeadSpec(name).traits.has_quantiles else (0.5,)
        with pytest.raises(ConfigError, match="quantile"):
            HEADS.load(name).Head(Task(6, 24, "h", (24,), other))
        if not HeadSpec(name).traits.has_symbols:
            with pytest.raises(ConfigError, match="head='categorical'"):
                HEADS.load(name).Head(Task(6, 24, "h", (24,), symbols=SYMBOLS))
    with pytest.raises(ConfigError, match="needs the `symbols`"):
        HEADS.load("categorical").Head(Task(6, 24, "h", (24,)))


def test_a_head_is_written_with_its_options_and_spelt_either_way():
    for text in ("mixture_density:components=5", "mixture-density:components=5"):
        spec = ModelSpec.parse(f"gru:head={text},units=8")
        assert (spec.head, spec.config.units) == ("mixture-density:components=5", 8)
        assert ModelSpec.from_dict(spec.to_dict()) == spec
        assert spec.head_spec.build(task_of("mixture-density")).parameters == 15
    assert ModelSpec.of("gru", head="student_t").head == "student-t"
    for text, message in [
        ("mixture-density:colour=1", "Unknown field 'colour'"),
        ("mixture-density:components=1", "`components` must be"),
        ("normal:components=5", "Head 'normal' has no options. Got components"),
        ("cauchy", "Unknown head 'cauchy'. Known: categorical"),
    ]:
        with pytest.raises(ConfigError, match=message):
            ModelSpec.of("gru", head=text)


def test_the_loss_of_symbols_is_minus_the_log_of_the_softmax():
    head, scaled = head_of("categorical"), windows("categorical")
    raw = raw_numbers(head)
    target = np.random.default_rng(1).integers(0, 4, (4, 6))
    p = np.exp(raw) / np.exp(raw).sum(axis=2, keepdims=True)
    expected = -np.log(np.take_along_axis(p, target[:, :, None], axis=2))[:, :, 0]
    np.testing.assert_allclose(head.loss(raw, scaled, target.astype("float64")), expected, rtol=1e-4)
    np.testing.assert_allclose(head(raw, scaled), p, rtol=1e-4)
    assert np.asarray(head.error(np.array([0.0, 1.0]), np.array([0.0, 3.0]))).tolist() == [0.0, 1.0]


def test_drawn_symbols_are_those_of_the_softmax_and_of_the_top_k():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    chance = ((np.arange(20_000) + 0.5) / 20_000)[None]
    logits = np.broadcast_to(np.log(p).astype("float32"), (1, 20_000, 4))
    head = head_of("categorical")

    def shares(temperature, top_k):
        drawn = np.asarray(head.drawn(logits, None, chance, Dice(None, temperature, top_k)))
        return np.bincount(drawn[0].astype(int), minlength=4) / 20_000

    np.testing.assert_allclose(shares(1.0, 4), p, atol=1e-4)
    np.testing.assert_allclose(shares(1.0, 2), [0.625, 0.375, 0, 0], atol=1e-4)
    np.testing.assert_allclose(shares(0.5, 4), p**2 / (p**2).sum(), atol=1e-4)  # a half squares the probabilities
    np.testing.assert_array_equal(shares(0.0, 4), [1, 0, 0, 0])


LAPLACE = '''
"""Laplace distribution of every step."""
import math
import tensorflow as tf
from keras import ops
from forecasting.heads.distribution import LocationScale
from forecasting.heads.traits import HeadTraits

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=False, has_location=True)


class Head(LocationScale):
    traits = TRAITS
    parameters = 2

    def log_standard(self, z, raw):
        return -ops.abs(z) - math.log(2)

    def standard(self, levels, raw):
        levels = ops.cast(levels, "float64")
        return ops.sign(0.5 - levels) * ops.log(2 * ops.minimum(levels, 1 - levels))
'''


def test_a_new_head_is_one_file(tmp_path, monkeypatch):
    """It is found and listed, taken by every decoding, and asked for its oracle."""
    import importlib

    package = importlib.import_module("forecasting.heads.families")
    (tmp_path / "laplace.py").write_text(LAPLACE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "forecasting.heads.families.laplace", raising=False)
    assert "laplace" in HEADS.names()
    for decoding in DECODINGS.names():
        assert ModelSpec.parse(f"gru:decoding={decoding},head=laplace").has_quantiles
    head, scaled = head_of("laplace"), windows("laplace")
    raw = raw_numbers(head)
    deviation = np.asarray(scaled.scale) * (np.logaddexp(raw[..., 1].astype("float64"), 0) + 1e-3)
    expected = stats.laplace(scaled.original(raw[..., 0]), deviation)
    found = np.moveaxis(np.asarray(head(raw, scaled)), 2, 0)
    np.testing.assert_allclose(found, expected.ppf(np.array(QUANTILE_GRID)[:, None, None]), rtol=1e-6, atol=1e-6)
    with pytest.raises(pytest.fail.Exception, match="add tests/heads/head_oracles/laplace"):
        oracle("laplace")
    monkeypatch.delitem(sys.modules, "forecasting.heads.families.laplace", raising=False)


@pytest.mark.parametrize("name", HEADS.names())
def test_what_is_said_of_a_head_without_loading_it_is_so(name):
    assert HeadSpec(name).traits == head_of(name).traits
