"""The season of integer steps is read off the autocorrelation."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.data.time.calendar import estimate_season

pytestmark = pytest.mark.fast


def estimated(*series: np.ndarray) -> tuple[int, ...]:
    return estimate_season(np.concatenate(series), np.concatenate([[0], np.cumsum([len(one) for one in series])]))


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


@pytest.mark.parametrize("period", [4, 7, 12, 24, 52])
def test_a_season_is_found_in_level_trend_and_noise(period):
    step = np.arange(20 * period)
    wave = np.random.default_rng(period).normal(size=period)
    assert estimated(1e6 + 0.1 * step + 5 * wave[step % period] + noise(len(step)))[0] == period


def test_a_day_inside_a_week_gives_both_seasons():
    step = np.arange(1500)
    day, week = np.sin(2 * np.pi * step / 24), 3 * np.isin(step // 24 % 7, (5, 6))
    assert estimated(10 * day + week * day * 5 + 0.1 * noise(1500)) == (24, 168)


def test_many_short_series_together_show_what_each_alone_does_not():
    pattern = np.array([0.0, 1.0, 0.0, -1.0])
    series = [pattern[np.arange(30) % 4] + noise(30, seed) for seed in range(150)]
    assert estimated(*series)[0] == 4


def test_one_wild_value_does_not_hide_the_season():
    values = np.tile([0.0, 3.0, 1.0, 5.0, 2.0, 9.0, 4.0], 40) + noise(280)
    values[100] = 1e9
    assert estimated(values)[0] == 7


def test_missing_values_do_not_hide_the_season():
    values = np.tile([0.0, 3.0, 1.0, 5.0, 2.0, 9.0, 4.0], 40) + noise(280)
    values[[0, 1, 50, 51, 52, 130, 279]] = np.nan
    assert estimated(values)[0] == 7


@pytest.mark.parametrize("seed", range(10))
def test_noise_and_random_walks_have_no_season(seed):
    assert estimated(noise(1000, seed)) == (1,)
    assert estimated(noise(1000, seed).cumsum()) == (1,)


@pytest.mark.parametrize(
    "values", [np.zeros(0), np.ones(1), np.arange(5.0), np.full(100, 3.0), np.full(50, np.nan), np.arange(100.0)]
)
def test_series_with_nothing_to_see_have_no_season(values):
    assert estimated(values) == (1,)


def test_no_series_have_no_season():
    assert estimate_season(np.zeros(0), np.zeros(1, np.int64)) == (1,)


@pytest.mark.parametrize("period", [4, 7, 12])
def test_a_single_season_has_no_longer_one(period):
    step = np.arange(60 * period)
    wave = np.random.default_rng(period).normal(size=period)
    assert estimated(5 * wave[step % period] + noise(len(step))) == (period,)
