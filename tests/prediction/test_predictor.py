"""The predictor: levels, long horizons, threads, and what it refuses."""

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.errors import ConfigError, PanelError, RequestError
from forecasting.layers.paths import PATHS
from forecasting.network.graphs import CHUNK
from forecasting.prediction.predictor import NUMBERS, interpolate, windows_at_once
from tests.conftest import BRIEF, make_frame


@pytest.fixture(scope="module")
def predictor(trained):
    return trained.predictor


@pytest.fixture(scope="module")
def panel(hourly):
    return Panel.from_frame(hourly)


def test_levels_between_trained_ones_are_interpolated():
    grid = (0.1, 0.5, 0.9)
    quantiles = np.array([[[1.0, 5.0, 7.0]]])
    np.testing.assert_allclose(interpolate(quantiles, grid, (0.1, 0.3, 0.6, 0.9))[0, 0], [1, 3, 5.5, 7])


def test_a_grid_of_one_level_answers_that_level():
    quantiles = np.arange(6.0).reshape(2, 3, 1)
    np.testing.assert_array_equal(interpolate(quantiles, (0.5,), (0.5,)), quantiles)


def test_a_network_that_learnt_the_median_alone_answers_it(hourly):
    one = Forecaster("ff-ar", 6, context_length=24, units=4, quantile_levels=[0.5], training=Training(**BRIEF))
    found = one.fit(hourly).predict(quantile_levels=[0.5])
    assert set(found["status"]) == {"ok"}
    np.testing.assert_array_equal(found["ff-ar-q-0.5"], found["ff-ar"])


def test_long_contexts_with_many_columns_are_read_in_smaller_parts(predictor):
    def of(length, horizon, columns, paths=1):
        task = dataclasses.replace(
            predictor.task,
            context_length=length,
            horizon=horizon,
            max_horizon=0,
            calendar=tuple(map(str, range(columns))),
        )
        return windows_at_once(task, paths)

    assert of(336, 24, 9) == CHUNK
    assert of(336, 24, 9, PATHS) == CHUNK // PATHS
    assert of(8760, 24, 9) * 8784 * 11 <= NUMBERS < (of(8760, 24, 9) + 1) * 8784 * 11
    assert of(10_000_000, 24, 9) == of(100_000, 24, 9, PATHS) == 1


@pytest.mark.parametrize("chunk", [1, 3])
def test_answers_do_not_depend_on_how_many_windows_are_read_at_once(predictor, panel, chunk):
    origins = Origins(np.repeat([0, 1], 5), np.tile(np.arange(60, 160, 20), 2))
    horizon, levels = 2 * predictor.task.horizon, (0.1, 0.5, 0.9)
    expected = predictor.predict_panel(panel, predictor.question(horizon, quantile_levels=levels), origins)
    parts = copy.copy(predictor)
    parts.chunk = chunk
    found = parts.predict_panel(panel, parts.question(horizon, quantile_levels=levels), origins)
    np.testing.assert_allclose(found.quantiles, expected.quantiles, rtol=1e-6)


@pytest.mark.parametrize("horizon", [12.0, "12", True, 0, [12]])
def test_a_horizon_that_is_no_count_is_refused(trained, horizon):
    for ask in (trained.predict, trained.sample, trained.make_future_frame, trained.predictor.question):
        with pytest.raises(RequestError, match=r"`horizon` must be .*from 1 to 120 .* Got") as caught:
            ask(horizon=horizon)
        assert caught.value.code == "horizon_range"
    assert len(trained.predict(horizon=np.int64(3))) == 6


def test_levels_may_be_arrays(trained):
    deciles = np.linspace(0.1, 0.9, 9)
    pd.testing.assert_frame_equal(
        trained.predict(quantile_levels=deciles), trained.predict(quantile_levels=deciles.tolist())
    )
    pd.testing.assert_frame_equal(trained.predict(level=np.array([80, 50])), trained.predict(level=[80, 50]))
    pd.testing.assert_frame_equal(trained.predict(level=np.zeros(0)), trained.predict())


@pytest.mark.parametrize(
    "asked",
    [80, "80", ["80"], np.array(80), [True], [None], np.full((2, 2), 0.5)],
)
@pytest.mark.parametrize("field", ["level", "quantile_levels"])
def test_what_is_no_list_of_numbers_is_refused_by_name(trained, field, asked):
    with pytest.raises(RequestError, match=f"`{field}` must be a list of numbers") as caught:
        trained.predict(**{field: asked})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("season", "periods"),
    [
        (np.array([24, 168]), (24, 168)),
        (np.int64(24), (24,)),
        ([np.int64(24), 168], (24, 168)),
        (24, (24,)),
        ((), None),
        (None, None),
    ],
)
def test_seasons_may_be_arrays(season, periods):
    found = Forecaster("naive", 6, season=season).choices.season
    assert found == periods
    assert all(type(one) is int for one in found or ())


@pytest.mark.parametrize("season", [np.array([24.0]), "24", np.array([168, 24])])
def test_what_is_no_season_is_refused_by_name(hourly, season):
    with pytest.raises(ConfigError, match="`season` must be one or more ascending integers"):
        Forecaster("naive", 6, season=season).fit(hourly)


def test_intervals_are_nested_and_contain_the_median(predictor, panel):
    answer = predictor.predict_panel(panel, predictor.question(quantile_levels=(0.025, 0.1, 0.5, 0.9, 0.975)))
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(answer.at(0.5), answer.median)


def test_a_longer_horizon_goes_on_from_the_medians(predictor, panel):
    horizon = predictor.task.horizon
    long = predictor.predict_panel(panel, predictor.question(2 * horizon + 3)).median
    np.testing.assert_array_equal(long[:, :horizon], predictor.predict_panel(panel).median)
    histories = [
        np.r_[panel.y[panel.offsets[s] : panel.offsets[s + 1]], long[s, :horizon]] for s in range(panel.n_series)
    ]
    extended = Panel.from_arrays(panel.ids, panel.starts, histories, panel.frequency)
    np.testing.assert_allclose(long[:, horizon : 2 * horizon], predictor.predict_panel(extended).median, rtol=1e-6)


def test_origins_inside_a_series_are_answered_as_if_it_ended_there(predictor, panel):
    steps = np.array([60, 100, 150])
    inside = predictor.predict_panel(panel, origins=Origins(np.zeros(3, int), steps)).median
    for row, step in enumerate(steps):
        cut = panel.select([0]).truncate(np.array([step + 1]))
        np.testing.assert_allclose(inside[row], predictor.predict_panel(cut).median[0], rtol=1e-6)


def test_a_rolled_out_forecast_from_inside_a_series_sees_nothing_after_the_origin(predictor, panel):
    horizon = 2 * predictor.task.horizon
    noisy = panel.with_values(np.where(np.arange(len(panel.y)) > 100, 1e6, panel.y))
    origins = Origins(np.zeros(1, int), np.array([100]))
    plain, other = (predictor.predict_panel(one, predictor.question(horizon), origins).median for one in (panel, noisy))
    np.testing.assert_array_equal(plain, other)


def test_a_history_shorter_than_the_context_is_padded_and_says_so(predictor, panel):
    assert predictor.predict_panel(panel).status == ["ok", "ok"]
    assert predictor.predict_panel(panel.tail(10)).status == ["padded", "padded"]


def test_any_number_of_series_and_rows_is_one_graph(predictor, panel):
    assert all(spec.shape[0] is None for spec in predictor.compiled.structured_input_signature[0])
    for count in (1, 2):
        for rows in (1, 10, 48, 100):
            assert predictor.predict_panel(
                panel.select(np.arange(count)).tail(rows), predictor.question(5)
            ).median.shape == (count, 5)


def test_threads_get_the_same_numbers_as_one_after_the_other(predictor, panel):
    parts = [panel.tail(rows) for rows in range(10, 74)]
    serial = [predictor.predict_panel(part).median for part in parts]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda part: predictor.predict_panel(part).median, parts))
    for one, other in zip(serial, parallel, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_series_with_nothing_observed_is_a_problem_of_its_own(predictor, panel):
    values = panel.y.copy()
    values[panel.offsets[1] :] = np.nan
    answer = predictor.predict_panel(panel.with_values(values))
    assert np.isfinite(answer.median[0]).all()
    assert np.isnan(answer.median[1]).all()
    assert answer.problems[1].code == "no_observations"
    with pytest.raises(RequestError, match=r"'s1' has no observed value in its last 48 rows"):
        answer.raise_problems()


@pytest.mark.parametrize("horizon", [0, -1, 10**9])
def test_a_horizon_out_of_range_is_refused_with_the_range(predictor, panel, horizon):
    with pytest.raises(RequestError, match=r"from 1 to 120"):
        predictor.question(horizon)


def test_a_level_outside_the_trained_grid_is_refused(predictor, panel):
    with pytest.raises(RequestError, match=r"between 0\.025 and 0\.975"):
        predictor.question(quantile_levels=(0.001,))


def test_another_frequency_is_refused_unless_the_grids_agree(predictor):
    daily = Panel.from_frame(make_frame(freq="D"))
    with pytest.raises(PanelError, match="'D'"):
        predictor.predict_panel(daily)
    same = Panel.from_arrays(["a"], [np.datetime64("2024-01-01", "us")], [np.arange(50.0)], Frequency.parse("60min"))
    assert np.isfinite(predictor.predict_panel(same).median).all()
