"""Probabilistic metrics against loops, and against the closed form of the CRPS of a normal distribution."""

from statistics import NormalDist

import numpy as np
import pytest

from forecasting.evaluation import metrics
from forecasting.evaluation.probabilistic import coverage_by_level, pit_histogram, width_by_step
from forecasting.plots import intervals
from tests.evaluation.test_metrics import scored

pytestmark = pytest.mark.fast

LEVELS = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)


@pytest.fixture(scope="module")
def example():
    """Windows of two series with missing values, ties between quantiles and observations that equal them."""
    rng = np.random.default_rng(0)
    quantiles = np.sort(rng.integers(0, 8, (20, 3, len(LEVELS))).astype(float), axis=2)
    y = rng.integers(-1, 9, (20, 3)).astype(float)
    y[rng.random((20, 3)) < 0.1] = np.nan
    return scored(
        y,
        quantiles[:, :, 3],
        quantiles=quantiles,
        quantile_levels=LEVELS,
        series=np.repeat([0, 1], [5, 15]),
        scale=np.repeat([2.0, 0.5], 10),
    )


def by_series(example, value):
    """Average value(w, h) over the observations of each series, then over series, with loops."""
    sums = {0: [], 1: []}
    for w, h in np.ndindex(example.y.shape):
        if not np.isnan(example.y[w, h]):
            sums[example.series[w]].append(value(w, h))
    return np.mean([np.mean(one) for one in sums.values()])


@pytest.mark.parametrize(("level", "low", "high"), [(90, 0, 6), (80, 1, 5), (40, 2, 4)])
def test_interval_metrics_against_loops(example, level, low, high):
    y, q, alpha = example.y, example.quantiles, 1 - level / 100

    def interval_score(w, h):
        lower, upper = q[w, h, low], q[w, h, high]
        penalty = 2 / alpha * max(lower - y[w, h], 0) + 2 / alpha * max(y[w, h] - upper, 0)
        return upper - lower + penalty

    inside = by_series(example, lambda w, h: float(q[w, h, low] <= y[w, h] <= q[w, h, high]))
    assert metrics.winkler(example, level) == pytest.approx(by_series(example, interval_score))
    assert metrics.coverage(example, level) == pytest.approx(inside)
    assert metrics.width(example, level) == pytest.approx(by_series(example, lambda w, h: q[w, h, high] - q[w, h, low]))
    seen = [(w, h) for w, h in np.ndindex(y.shape) if not np.isnan(y[w, h])]
    pooled = np.mean([q[w, h, low] <= y[w, h] <= q[w, h, high] for w, h in seen])
    assert coverage_by_level(example, [level])[0] == pytest.approx(pooled)


@pytest.mark.parametrize("at", range(len(LEVELS)))
def test_pinball_loss_against_a_loop(example, at):
    def loss(w, h):
        error = example.y[w, h] - example.quantiles[w, h, at]
        return LEVELS[at] * error if error > 0 else (LEVELS[at] - 1) * error

    assert metrics.pinball_at(example, LEVELS[at]) == pytest.approx(by_series(example, loss))


def test_the_crps_of_many_quantiles_is_that_of_the_distribution():
    normal, count = NormalDist(2, 3), 999
    levels = tuple((k + 0.5) / count for k in range(count))
    y = np.array([-4.0, 1.0, 2.5, 12.0])
    z = (y - 2) / 3
    density, share = (np.array([f(one) for one in z]) for f in (NormalDist().pdf, NormalDist().cdf))
    exact = 3 * (z * (2 * share - 1) + 2 * density - 1 / np.sqrt(np.pi))  # Gneiting & Raftery 2007, equation 21
    quantiles = np.broadcast_to([normal.inv_cdf(one) for one in levels], (1, 4, count))
    one = scored(y, np.full(4, 2.0), quantiles=quantiles, quantile_levels=levels)
    assert metrics.scaled_crps(one) == pytest.approx(exact.sum() / np.abs(y).sum(), rel=2e-3)


def test_the_weights_of_levels_are_their_share_of_all_probability():
    np.testing.assert_allclose(metrics.level_weights((0.1, 0.5, 0.6)), [0.3, 0.25, 0.45])
    assert metrics.level_weights((0.5,)).tolist() == [1.0]


def test_the_pit_histogram_against_a_loop(example):
    edges, density = pit_histogram(example)
    assert edges.tolist() == [0, *LEVELS, 1]
    mass = np.zeros(len(edges) - 1)
    count = 0
    for w, h in np.ndindex(example.y.shape):
        y, quantiles = example.y[w, h], example.quantiles[w, h]
        if np.isnan(y):
            continue
        count += 1
        cells = range(sum(quantiles < y), sum(quantiles <= y) + 1)
        total = sum(edges[cell + 1] - edges[cell] for cell in cells)
        for cell in cells:
            mass[cell] += (edges[cell + 1] - edges[cell]) / total
    np.testing.assert_allclose(density, mass / count / np.diff(edges))
    assert (density * np.diff(edges)).sum() == pytest.approx(1)


def test_the_pit_histogram_of_the_truth_is_flat():
    rng = np.random.default_rng(0)
    center = rng.normal(size=(3000, 1))
    y = center + rng.normal(size=(3000, 1))
    quantiles = center[:, :, None] + np.array([NormalDist().inv_cdf(one) for one in LEVELS])
    _, density = pit_histogram(scored(y, center, quantiles=quantiles, quantile_levels=LEVELS))
    np.testing.assert_allclose(density, 1, atol=0.25)


def test_width_by_step_is_in_units_of_each_windows_scale(example):
    found = width_by_step(example, 80)
    for step in range(3):
        widths = [(example.quantiles[w, step, 5] - example.quantiles[w, step, 1]) / example.scale[w] for w in range(20)]
        assert found[step] == pytest.approx(np.mean(widths))


def test_pictures_show_the_numbers(example):
    chart = intervals.reliability_chart({"a": example, "b": example}, [80, 40])
    line = chart.axes[0].lines[1]
    np.testing.assert_allclose(line.get_ydata(), 100 * coverage_by_level(example, [40, 80]))
    widths = intervals.width_chart({"a": example}, 80).axes[0].lines[0]
    np.testing.assert_allclose(widths.get_ydata(), width_by_step(example, 80))
    bars = intervals.pit_chart("a", example).axes[0].patches
    np.testing.assert_allclose([bar.get_height() for bar in bars], pit_histogram(example)[1])
