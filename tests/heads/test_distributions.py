"""Distribution heads, found by themselves: likelihood, quantiles and draws against SciPy, and their scale."""

import numpy as np
import pytest
from scipy import stats

from forecasting.config.task import QUANTILE_GRID
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.layers.inputs import Dice
from forecasting.layers.link import Link
from forecasting.layers.scaling import WindowScaler
from tests.heads.head_oracles import oracle
from tests.heads.test_heads import head_of, raw_numbers, task_of, windows

pytestmark = pytest.mark.fast

NAMES = [name for name in HEADS.names() if HeadSpec(name).traits.is_distribution]
CONTINUOUS = [name for name in NAMES if not head_of(name).traits.is_whole]
COUNTS = [name for name in NAMES if head_of(name).traits.is_whole]
LEVELS = np.array([1e-4, 0.001, 0.02, 0.3, 0.5, 0.77, 0.99, 0.9999])


@pytest.fixture(params=NAMES)
def made(request):
    """A head, its windows, raw numbers, and SciPy's distribution with one more axis."""
    head, scaled = head_of(request.param), windows(request.param)
    raw = raw_numbers(head)
    center, scale = np.asarray(scaled.center)[..., None], np.asarray(scaled.scale)[..., None]
    return head, scaled, raw, oracle(request.param)(raw.astype("float64")[:, :, None], center, scale)


def test_the_loss_is_minus_the_log_likelihood(made):
    head, scaled, raw, expected = made
    y = np.round(expected.ppf(np.random.default_rng(3).uniform(0.01, 0.99, (4, 6, 1))))
    loss = np.asarray(head.loss(raw, scaled, y[..., 0]))
    if head.traits.is_whole:
        np.testing.assert_allclose(loss, -expected.logpmf(y)[..., 0], rtol=1e-6, atol=1e-8)
    else:  # the density is that of the scaled value
        density = expected.logpdf(y) + np.log(np.asarray(scaled.scale))[..., None]
        np.testing.assert_allclose(loss, -density[..., 0], rtol=1e-6, atol=1e-6)


def test_quantiles_are_those_of_scipy_at_any_level(made):
    head, scaled, raw, expected = made
    found = np.asarray(head.quantiles(raw.astype("float64"), scaled, LEVELS))
    np.testing.assert_allclose(found, expected.ppf(LEVELS), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(head(raw, scaled), expected.ppf(np.array(QUANTILE_GRID)), rtol=1e-7, atol=1e-7)


def test_drawn_values_have_the_distribution(made):
    head, scaled, raw, _ = made
    name = head.__class__.__module__.rpartition(".")[2].replace("_", "-")
    chance = np.random.default_rng(5).uniform(size=(4, 3000))
    steps = np.repeat(raw[:, :1], 3000, axis=1)
    drawn = np.asarray(head.drawn(steps, scaled, chance, Dice(None, 1.0, 0)))
    for row in range(4):
        place = np.asarray(scaled.center)[row], np.asarray(scaled.scale)[row]
        expected = oracle(name)(raw[row, :1].astype("float64"), *place)
        np.testing.assert_allclose(drawn[row].mean(), expected.mean()[0], atol=5 * drawn[row].std() / np.sqrt(3000))
        if head.traits.is_whole:
            k = np.unique(drawn[row])
            assert np.abs((drawn[row] <= k[:, None]).mean(axis=1) - expected.cdf(k)).max() < 0.035
        else:
            assert stats.kstest(drawn[row], lambda x, one=expected: one.cdf(x[:, None])[:, 0]
                                if name == "mixture-density" else one.cdf(x)).pvalue > 0.001  # fmt: skip


def test_the_first_draw_of_a_cold_one_is_the_middle_or_the_likeliest_mean():
    chance = np.random.default_rng(5).uniform(size=(4, 6))
    for name in CONTINUOUS:
        head, scaled = head_of(name), windows(name)
        raw = raw_numbers(head)
        cold = np.asarray(head.drawn(raw, scaled, chance, Dice(None, 0.0, 0)))
        if name == "mixture-density":
            logits, means, _ = np.split(raw, 3, axis=2)
            middle = np.take_along_axis(means + np.linspace(-1, 1, 3), logits.argmax(axis=2)[..., None], axis=2)[..., 0]
        else:
            middle = raw[..., 0]
        np.testing.assert_allclose(cold, scaled.original(middle), rtol=1e-5)
        halved = np.asarray(head.drawn(raw, scaled, chance, Dice(None, 0.25, 0)))
        plain = np.asarray(head.drawn(raw, scaled, chance, Dice(None, 1.0, 0)))
        if name != "mixture-density":
            np.testing.assert_allclose(halved - cold, 0.5 * (plain - cold), atol=1e-6)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_distributions_move_and_stretch_with_the_window(name):
    head, raw = head_of(name), raw_numbers(head_of(name))
    context = np.random.default_rng(1).normal(size=(4, 24))
    plain, moved = (WindowScaler("standard")(one) for one in (context, 1e3 - 20 * context))
    stretched = WindowScaler("standard")(1e3 + 20 * context)
    np.testing.assert_allclose(head(raw, stretched), 1e3 + 20 * np.asarray(head(raw, plain)), rtol=1e-9)
    y = np.random.default_rng(2).normal(size=(4, 6))
    np.testing.assert_allclose(head.loss(raw, stretched, 1e3 + 20 * y), head.loss(raw, plain, y), rtol=1e-6)
    assert np.asarray(moved.scale).min() > 0


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("scheme", ["standard", "last", "mean", "none"])
def test_counts_are_whole_never_negative_and_none_after_zeros(name, scheme):
    head = head_of(name)
    context = np.random.default_rng(1).poisson([[0], [2], [40], [5e5]], (4, 24)).astype("float64")
    scaled = WindowScaler(scheme)(context)
    outputs = np.asarray(head(raw_numbers(head), scaled))
    np.testing.assert_array_equal(outputs, np.round(outputs))
    assert outputs.min() >= 0
    if scheme != "none":
        np.testing.assert_array_equal(outputs[0], 0)
        assert 5 < np.median(outputs[2]) < 200
        assert 1e5 < np.median(outputs[3]) < 3e6


@pytest.mark.parametrize("bounds", [(0.0, None), (None, 50.0), (0.0, 50.0), (20.0, 20.5)])
@pytest.mark.parametrize("name", ["point", "quantiles", *CONTINUOUS])
def test_everything_lies_within_the_bounds(name, bounds):
    lower, upper = (bound if bound is not None else sign * np.inf for bound, sign in zip(bounds, (-1, 1), strict=True))
    task = task_of(name, lower=bounds[0], upper=bounds[1])
    head, scaled = HeadSpec(name).build(task, Link.of(task)), windows(name)
    raw = 10 * raw_numbers(head)
    found = [np.asarray(head(raw, scaled)), np.asarray(scaled.original(head.point(raw, scaled)))]
    if HeadSpec(name).traits.is_distribution:
        chance = np.random.default_rng(5).uniform(size=(4, 6))
        found.append(np.asarray(head.drawn(raw, scaled, chance, Dice(None, 1.0, 0))))
    slack = 1e-4  # of the point, which is fed back in float32
    assert all(lower - slack <= one.min() and one.max() <= upper + slack for one in found)
    assert lower <= found[0].min()
    assert found[0].max() <= upper
    if HeadSpec(name).traits.has_quantiles:
        assert (np.diff(found[0], axis=2) >= 0).all()


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_go_through_the_link_one_by_one(name):
    """Not the mean, and not a distance from the median: a rising function moves quantiles and nothing else does."""
    scaled, levels = windows(name), np.array(QUANTILE_GRID)
    link = Link(-1.0, 2.5, 0.05)
    task = task_of(name, lower=-1.0, upper=2.5)
    free, bounded = head_of(name), HeadSpec(name).build(task, link)
    raw = 3 * raw_numbers(free)
    wanted = np.asarray(link(np.asarray(free(raw, scaled)), scaled))
    np.testing.assert_allclose(bounded(raw, scaled), wanted, rtol=1e-9)
    chance = np.random.default_rng(5).uniform(size=(4, 4000))
    drawn = bounded.drawn(np.repeat(raw[:, :1], 4000, axis=1), scaled, chance, Dice(None, 1.0, 0))
    for level, one in zip(levels, np.moveaxis(wanted[:, 0], 1, 0), strict=True):
        share = (np.asarray(drawn) <= one[:, None]).mean(axis=1)  # as many draws below it as it says
        assert np.abs(share - level).max() < 5 * np.sqrt(level * (1 - level) / 4000)


@pytest.mark.parametrize(("lower", "upper"), [(0.0, None), (None, 0.0), (-8.0, 9.0)])
def test_the_link_is_smooth_rises_and_leaves_alone_what_is_inside(lower, upper):
    context = np.random.default_rng(0).normal(0, 10, (1, 24))
    scaled = WindowScaler("standard")(context)
    width = 0.05 * float(scaled.spread[0, 0])
    assert width == pytest.approx(0.05 * context.std())
    x = np.linspace(-40, 40, 80_001)
    y = np.asarray(Link(lower, upper, 0.05)(x[None], scaled))[0]
    slope = np.diff(y) / np.diff(x)
    assert (slope > 0).all()
    assert np.abs(np.diff(slope)).max() < 0.01
    low, high = -np.inf if lower is None else lower, np.inf if upper is None else upper
    inside = (x > low + width) & (x < high - width)
    np.testing.assert_array_equal(y[inside], x[inside])
    assert low < y.min()
    assert y.max() < high


def test_the_link_keeps_a_constant_at_the_bound_and_nothing_else_is_needed():
    scaled = WindowScaler("standard")(np.array([[0.0] * 8, [5.0] * 8]))
    found = np.asarray(Link(0.0, None, 0.05)(scaled.original(np.array([[[-3.0, 0.0, 3.0]]] * 2)), scaled))
    np.testing.assert_allclose(found[0], 0, atol=1e-200)
    np.testing.assert_allclose(found[1], 5, rtol=1e-9)
    plain = WindowScaler("none")(np.array([[0.0, 4.0, 8.0]]))
    np.testing.assert_array_equal(Link(0.0, 8.0, 0.0)(np.array([[-1.0, 0.0, 3.0, 8.0, 9.0]]), plain), [[0, 0, 3, 8, 8]])
