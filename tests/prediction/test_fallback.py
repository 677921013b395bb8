"""The ladder below a network against loops written out, and the policies that lead down it, through every door."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from click.testing import CliRunner

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, RequestError
from forecasting.network.build import build_network
from forecasting.prediction.ladder import RIDGE, Rung, climb_down
from forecasting.prediction.predictor import Predictor
from forecasting.prediction.short_series import least_observed
from pipelines.cli import main
from tests.conftest import BRIEF, make_frame
from tests.doors import Question, run_batch, series_of
from tests.serving.conftest import loaded_app, post, require_problem

LEVELS = (0.1, 0.5, 0.9)


def autoregressive(count, seed=0, weights=(0.6, 0.2)):
    rng, y = np.random.default_rng(seed), np.zeros(count + 50)
    for step in range(len(weights), len(y)):
        y[step] = sum(w * y[step - lag] for lag, w in enumerate(weights, 1)) + rng.normal()
    return 50 + 3 * y[50:]


def test_the_autoregression_is_the_ridge_written_out_and_its_spread_that_of_simulated_shocks():
    y = autoregressive(120)
    y[[17, 60]] = np.nan
    found = climb_down(y, 6, (1,))
    z = (y - np.nanmean(y)) / np.nanstd(y)
    rows = [t for t in range(3, 120) if not np.isnan(z[t - 3 : t + 1]).any()]
    inputs = np.array([[z[t - 1], z[t - 2], z[t - 3]] for t in rows])
    target = np.array([z[t] for t in rows])
    ridge = np.vstack([inputs, np.sqrt(RIDGE * len(rows)) * np.eye(3)])
    weights = np.linalg.lstsq(ridge, np.r_[target, np.zeros(3)], rcond=None)[0]
    path = list(z)
    for _ in range(6):
        path.append(weights @ [path[-1], path[-2], path[-3]])
    assert found.model == "ar"
    np.testing.assert_allclose(found.mean, np.nanmean(y) + np.nanstd(y) * np.array(path[-6:]))
    sigma = np.nanstd(y) * np.sqrt(((target - inputs @ weights) ** 2).sum() / (len(rows) - 4))
    shocks = np.random.default_rng(1).normal(0, sigma, (200_000, 6))
    paths = np.zeros((200_000, 9))
    for step in range(6):
        paths[:, 3 + step] = paths[:, [2 + step, 1 + step, step]] @ weights + shocks[:, step]
    np.testing.assert_allclose(found.spread, paths[:, 3:].std(axis=0), rtol=0.01)


def test_seasonal_naive_repeats_the_newest_observed_value_of_each_phase():
    rng = np.random.default_rng(0)
    y = rng.normal(0, 1, 17)
    y[[14, 3]] = np.nan
    found = climb_down(y, 12, (5,))
    residuals = [y[t] - y[t - 5] for t in range(5, 17) if not np.isnan(y[t] - y[t - 5])]
    sigma = np.sqrt(np.mean(np.square(residuals)))
    assert (found.model, found.freedom) == ("seasonal-naive", len(residuals))
    for ahead in range(12):
        t, back = 17 + ahead, 1
        while t - 5 * back >= 17 or np.isnan(y[t - 5 * back]):
            back += 1
        assert found.mean[ahead] == y[t - 5 * back]
        np.testing.assert_allclose(found.spread[ahead], sigma * np.sqrt(back))


def test_naive_counts_the_age_of_its_value_and_steps_over_missing_rows():
    found = climb_down(np.array([1.0, np.nan, 3.0, 4.0, np.nan, np.nan]), 2, (24,))
    sigma = np.sqrt(np.mean([(2 / np.sqrt(2)) ** 2, 1.0]))
    assert (found.model, found.mean.tolist()) == ("naive", [4.0, 4.0])
    np.testing.assert_allclose(found.spread, sigma * np.sqrt([3, 4]))


@pytest.mark.parametrize(
    ("context", "season", "model"),
    [
        (autoregressive(40), (1,), "ar"),
        (autoregressive(12), (1,), "naive"),  # too few equations
        (np.r_[autoregressive(40)[:-1], np.nan], (1,), "naive"),  # the newest lag is missing
        (1.5 ** np.arange(40), (1,), "naive"),  # such an autoregression would run away
        (10 + np.sin(np.arange(30) * np.pi / 12), (24,), "seasonal-naive"),
        (10 + np.sin(np.arange(30) * np.pi / 12), (24, 168), "seasonal-naive"),
        (np.full(20, 7.0), (24,), "naive"),
        (np.array([7.0]), (24,), "naive"),
        (np.full(3, np.nan), (24,), None),
    ],
)
def test_the_first_rung_that_the_context_can_bear_answers(context, season, model):
    found = climb_down(context, 30, season)
    assert (found and found.model) == model
    if found:
        assert np.isfinite(found.mean).all()


def test_one_value_says_nothing_about_an_interval_and_a_constant_says_all():
    alone = climb_down(np.array([np.nan, 7.0]), 3, (1,))
    assert np.isnan(alone.quantiles((0.1,))).all()
    assert (alone.quantiles((0.5,)) == 7.0).all()
    assert (climb_down(np.full(9, 7.0), 3, (1,)).quantiles(LEVELS) == 7.0).all()


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 100])
def test_quantiles_are_students(freedom):
    levels = (0.001, 0.025, 0.1, 0.3, 0.5, 0.8, 0.975)
    found = Rung("ar", np.array([5.0, 7.0]), np.array([1.0, 3.0]), freedom).quantiles(levels)
    for row, mean, spread in zip(found, (5, 7), (1, 3), strict=True):
        np.testing.assert_allclose(row, scipy.stats.t.ppf(levels, freedom, mean, spread), rtol=1e-12)


@pytest.mark.parametrize(("model", "count", "season"), [("naive", 10, (24,)), ("ar", 60, (1,))])
def test_intervals_cover_what_they_say(model, count, season):
    hits = []
    for seed in range(400):
        y = autoregressive(count + 5, seed) if model == "ar" else np.random.default_rng(seed).normal(0, 1, 15).cumsum()
        found = climb_down(y[:count], 5, season)
        if found.model == model:
            low, high = found.quantiles((0.1, 0.9)).T
            hits.append((low <= y[count:]) & (y[count:] <= high))
    assert len(hits) > 300
    assert abs(np.mean(hits) - 0.8) < 0.04


@pytest.mark.parametrize("count", [2, 10, 40, 60])
@pytest.mark.parametrize(("factor", "shift"), [(2.0, 0.0), (-3.0, 100.0), (1e200, 0.0), (1e-200, 0.0)])
def test_forecasts_shift_and_scale_with_the_series(count, factor, shift):
    y = autoregressive(count)
    plain, other = climb_down(y, 5, (24, 7)), climb_down(factor * y + shift, 5, (24, 7))
    assert plain.model == other.model
    np.testing.assert_allclose(other.mean, factor * plain.mean + shift, rtol=1e-9)
    np.testing.assert_allclose(other.spread, abs(factor) * plain.spread, rtol=1e-6)


def with_policy(predictor, policy):
    task = dataclasses.replace(predictor.task, short_series=policy)
    return Predictor(predictor.spec, task, predictor.network)


@pytest.fixture(scope="module")
def panel():
    """One long series, one of 20 rows, one of a single row."""
    y = np.concatenate([make_frame(series=1)["y"], make_frame(series=1, seed=1)["y"][:20], [5.0]])
    starts = np.full(3, "2024-01-01", "M8[us]")
    frequency = Panel.from_frame(make_frame(1, 5)).frequency
    return Panel.from_arrays(["long", "short", "new"], starts, np.split(y, [200, 220]), frequency)


def test_every_policy_says_what_it_did(trained, panel):
    predictor = trained.predictor
    assert least_observed(predictor.task) == 25
    padded = predictor.predict_panel(panel, predictor.question(quantile_levels=LEVELS))
    assert padded.status == ["ok", "padded", "padded"]
    fallen = with_policy(predictor, "fallback").predict_panel(
        panel, with_policy(predictor, "fallback").question(quantile_levels=LEVELS)
    )
    assert fallen.status == ["ok", "fallback:naive:short", "fallback:naive:short"]
    assert not fallen.problems
    np.testing.assert_array_equal(fallen.quantiles[0], padded.quantiles[0])
    expected = climb_down(panel.y[200:220], 12, (24,))
    np.testing.assert_array_equal(fallen.median[1], expected.mean)
    np.testing.assert_array_equal(fallen.quantiles[1], expected.quantiles(LEVELS))
    refused = with_policy(predictor, "error").predict_panel(
        panel, with_policy(predictor, "error").question(quantile_levels=LEVELS)
    )
    assert np.isnan(refused.median[1:]).all()
    assert np.isfinite(refused.median[0]).all()
    with pytest.raises(RequestError, match=r"fewer than 25 .* 'short' has 20 in 20 rows, 'new' has 1 in 1 rows") as one:
        refused.raise_problems()
    assert one.value.code == "short_series"
    assert "give more history; or leave them out; or train with short_series=" in str(one.value)


def test_missing_values_do_not_make_a_series_long(trained, panel):
    y = panel.y.copy()
    y[180:200] = np.nan  # 28 of 48 rows of the context are left
    assert with_policy(trained.predictor, "fallback").predict_panel(panel.with_values(y)).status[0] == "ok"
    y = np.where((np.arange(221) >= 170) & (np.arange(221) < 200), np.nan, panel.y)
    status = with_policy(trained.predictor, "fallback").predict_panel(panel.with_values(y)).status[0]
    assert status == "fallback:naive:short"


def test_a_network_without_a_number_gives_way_under_every_policy(trained, panel):
    network = build_network(trained.spec, trained.predictor.task, 1)
    network.core.weights[0].assign(np.full(network.core.weights[0].shape, np.nan))
    broken = Predictor(trained.spec, trained.predictor.task, network)
    answer = broken.predict_panel(panel, broken.question(30, quantile_levels=LEVELS))  # longer than trained
    assert answer.status[0].startswith("fallback:")
    assert all(status.endswith(":non_finite") for status in answer.status)
    assert not answer.problems
    np.testing.assert_array_equal(answer.median[0], climb_down(panel.y[152:200], 30, (24, 168)).mean)
    y = np.where(np.arange(len(panel.y)) == 220, np.nan, panel.y)
    nothing = broken.predict_panel(panel.with_values(y))
    assert nothing.problems[2].code == "no_observations"
    strict = with_policy(broken, "error").predict_panel(panel)
    assert {window: one.code for window, one in strict.problems.items()} == {1: "short_series", 2: "short_series"}


@pytest.mark.parametrize("head", ["poisson", "negative-binomial"])
def test_counts_stay_whole_when_the_ladder_answers(head, panel):
    counts = panel.with_values(np.rint(panel.y / 10) + np.arange(len(panel.y)) % 2)
    training = Training(**BRIEF)
    one = Forecaster("ff-ar", 6, context_length=48, units=4, head=head, training=training, short_series="fallback")
    predictor = one.fit_panel(counts.select([0])).predictor
    answer = predictor.predict_panel(
        counts, predictor.question(quantile_levels=LEVELS), Origins(np.ones(12, int), np.arange(3, 15))
    )
    assert all(status.startswith("fallback:") for status in answer.status)
    for window in range(12):
        found = climb_down(counts.y[200 : 200 + window + 4], 6, one.predictor.task.season)
        low, middle, high = found.quantiles(LEVELS).T
        np.testing.assert_array_equal(answer.median[window], np.maximum(np.rint(found.mean), 0))
        expected = np.maximum(np.stack([np.floor(low), np.rint(middle), np.ceil(high)], axis=1), 0)
        np.testing.assert_array_equal(answer.quantiles[window], expected)


def test_a_fallback_reads_nothing_but_its_own_context(trained, panel):
    predictor = with_policy(trained.predictor, "fallback")
    origins = Origins(np.array([0, 0, 1]), np.array([15, 120, 19]))
    before = predictor.predict_panel(panel, predictor.question(quantile_levels=LEVELS), origins)
    after = predictor.predict_panel(
        panel.with_values(np.where(np.arange(221) == 16, 1e6, panel.y)),
        predictor.question(quantile_levels=LEVELS),
        origins,
    )
    assert before.status == ["fallback:naive:short", "ok", "fallback:naive:short"]
    np.testing.assert_array_equal(before.quantiles[0], after.quantiles[0])
    alone = predictor.predict_panel(panel.select([1]), predictor.question(quantile_levels=LEVELS))
    np.testing.assert_array_equal(alone.quantiles[0], before.quantiles[2])


def test_policies_that_mean_nothing_are_refused(trained):
    with pytest.raises(ConfigError, match="one of pad, error, fallback"):
        Forecaster("gru", 12, short_series="drop")
    with pytest.raises(ConfigError, match="one of pad, error"):
        dataclasses.replace(trained.predictor.task, quantile_levels=(), symbols=("a", "b"), short_series="fallback")


@pytest.fixture(scope="module")
def ladder(tmp_path_factory):
    """A saved model with policy `fallback`, and its frame: one long, one short series, one of a single row."""
    frame = make_frame(series=1).assign(unique_id="long")
    short = make_frame(series=1, rows=20, seed=1).assign(unique_id="short")
    new = frame.tail(1).assign(unique_id="new")
    forecaster = Forecaster(
        "ff-ar", 6, context_length=48, units=8, training=Training(**BRIEF), short_series="fallback"
    ).fit(frame)
    return forecaster.save(tmp_path_factory.mktemp("ladder") / "model"), pd.concat([frame, short, new])


def test_every_door_falls_back_to_the_same_numbers_and_says_so(ladder, tmp_path):
    folder, frame = ladder
    with pytest.warns(UserWarning, match="rolled out"):
        expected = Forecaster.load(folder).predict(frame, 9, level=[80]).set_index("unique_id")
    assert set(expected.loc["short", "status"]) == set(expected.loc["new", "status"]) == {"fallback:naive:short"}
    assert expected.loc["long", "status"].tolist() == ["ok"] * 6 + ["rolled_out"] * 3
    assert expected.loc["new", "ff-ar-lo-80"].isna().all()

    frame.to_parquet(tmp_path / "data.parquet")
    options = ["--level", 80, "--horizon", 9]
    batch = run_batch(tmp_path / "data.parquet", folder, tmp_path / "out", *options).set_index("unique_id")

    series = series_of(Question(frame), Forecaster.load(folder).predictor.task)
    answer = post(loaded_app(folder).test_client(), {"series": series, "level": [80], "horizon": 9})
    rest = {one["unique_id"]: one for one in json.loads(answer.text, parse_constant=pytest.fail)["forecasts"]}
    for name, columns in expected.groupby("unique_id"):
        np.testing.assert_allclose(batch.loc[name, "ff-ar"], columns["ff-ar"], rtol=1e-6)
        assert batch.loc[name, "status"].tolist() == columns["status"].tolist()
        np.testing.assert_allclose(rest[name]["point"], columns["ff-ar"], rtol=1e-6)
        bound = np.array(rest[name]["intervals"]["80"]["lo"], float)
        np.testing.assert_allclose(bound, columns["ff-ar-lo-80"], rtol=1e-6)
    assert rest["new"]["intervals"]["80"]["hi"] == [None] * 9
    assert [one["code"] for one in rest["new"]["warnings"]] == ["fallback", "no_interval"]
    assert [one["code"] for one in rest["short"]["warnings"]] == ["fallback"]
    assert rest["short"]["status"] == "fallback:naive:short"


def test_the_policy_error_is_a_refusal_in_rest_and_a_reason_in_batch(ladder, tmp_path):
    _, frame = ladder
    forecaster = Forecaster("seasonal-naive", 6, period=24, context_length=48, short_series="error")
    folder = forecaster.fit(frame[frame["unique_id"] == "long"]).save(tmp_path / "model")
    frame.to_parquet(tmp_path / "data.parquet")
    arguments = ["batch", tmp_path / "data.parquet", "--model", folder, "--out", tmp_path / "out"]
    assert CliRunner().invoke(main, [*map(str, arguments), "--max-quarantine", "1"]).exit_code == 0
    quarantine = pd.concat(map(pd.read_parquet, (tmp_path / "out").glob("run=*/quarantine/*.parquet")))
    assert dict(zip(quarantine["unique_id"], quarantine["code"], strict=True)) == {
        "short": "short_series",
        "new": "short_series",
    }
    one = {"unique_id": "new", "start": "2026-01-01T00:00:00", "y": [1.0]}
    problem = require_problem(post(loaded_app(folder).test_client(), {"series": [one]}), 422, None, "/series/0/y")
    assert problem["errors"][0]["code"] == "short_series"
    with pytest.raises(RequestError, match="2 series with fewer than 25 observed values"):
        Forecaster.load(folder).predict(frame)
