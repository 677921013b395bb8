"""Conformal calibration: ranks by brute force, the finite-sample promise, and where the rows of the split go."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.splits import calibration_ends
from forecasting.data.time.calendar import Frequency
from forecasting.errors import ArtifactError, ConfigError, RequestError, TrainingError
from forecasting.prediction.calibration import LEVELS, Calibration, ContextScale, Sides, anchor_levels
from forecasting.prediction.calibration_windows import spare_scale
from forecasting.store import model_folder
from forecasting.store.artifact import Artifact, named_weights
from tests.conftest import BRIEF, make_frame, symbol_frame
from tests.store.model_folders import sign

HORIZON = 6
WINDOWS = 5
TAIL = HORIZON * WINDOWS


def fitted(model, frame, windows=WINDOWS, **choices):
    training = Training(**BRIEF, calibration_windows=windows)
    return Forecaster(model, horizon=HORIZON, context_length=24, training=training, **choices).fit(frame)


@pytest.fixture(scope="module")
def frame():
    return make_frame(series=2, rows=220, missing=0.02)


@pytest.fixture(scope="module", params=["seasonal-naive", "ff-ar"])
def calibrated(request, frame):
    choices = {"units": 8} if request.param == "ff-ar" else {}
    return fitted(request.param, frame, **choices)


def ones(windows, steps):
    """Return scales of 1, so that quantiles are medians plus ratios."""
    return Sides(np.ones((windows, steps)), np.ones((windows, steps)))


@pytest.mark.parametrize("n", [1, 9, 19, 20, 57, 399])
def test_ratios_are_the_order_statistics_that_the_levels_name(n):
    errors = np.random.default_rng(n).normal(0.3, 1, (n, 2))
    found = Calibration.of(errors, 1.0)
    for step in range(2):
        smallest_first = sorted(errors[:, step])
        for level, ratio in zip(found.levels, found.ratios[step], strict=True):
            exact = round(level * 2000) * (n + 1)  # (n + 1) a, counted in 2000ths: no rounding
            if level < 0.5:
                assert ratio == min(smallest_first[exact // 2000 - 1], 0)
            elif level > 0.5:
                assert ratio == max(smallest_first[-(-exact // 2000) - 1], 0)
            else:
                assert ratio == 0
    supported = [one for one in LEVELS if one == 0.5 or round(min(one, 1 - one) * 2000) * (n + 1) >= 2000]
    assert found.levels.tolist() == supported


def test_missing_targets_are_left_out_of_their_step_alone():
    errors = np.random.default_rng(0).normal(size=(99, 2))
    errors[::3, 1] = np.nan
    found = Calibration.of(errors, 1.0)
    assert found.counts.tolist() == [99, 66]
    dropped = Calibration.of(errors[~np.isnan(errors[:, 1])][:, 1:], 1.0)
    np.testing.assert_array_equal(found.ratios[1], dropped.ratios[0])


def test_too_few_windows_for_a_level_are_refused_with_the_number_that_would_do():
    found = Calibration.of(np.random.default_rng(0).normal(size=(38, 1)), 1.0)
    found.require_supported((0.05, 0.95))
    with pytest.raises(RequestError, match=r"0\.025 .*n = 38 windows, 39 are needed.*`calibration_windows`") as caught:
        found.require_supported((0.025, 0.975))
    assert caught.value.code == "calibration_size"
    Calibration.of(np.random.default_rng(0).normal(size=(39, 1)), 1.0).require_supported((0.025, 0.975))


def test_a_level_between_two_kept_ones_is_answered_by_the_outer_one():
    found = Calibration.of(np.random.default_rng(0).normal(size=(999, 1)), 1.0)
    median = np.zeros((1, 1))
    between = found.quantiles(median, ones(1, 1), (0.0521, 0.9479))
    outer = found.quantiles(median, ones(1, 1), (0.05, 0.95))
    np.testing.assert_array_equal(between, outer)


def test_steps_beyond_the_horizon_take_the_numbers_of_the_last_one():
    found = Calibration.of(np.random.default_rng(0).normal(size=(99, 2)) * [1, 5], 1.0)
    answer = found.quantiles(np.zeros((1, 4)), ones(1, 4), (0.1, 0.9))[0]
    np.testing.assert_array_equal(answer[1], answer[2])
    np.testing.assert_array_equal(answer[1], answer[3])
    assert (answer[0] != answer[1]).all()


@pytest.mark.parametrize("n", [19, 40, 100])
def test_exchangeable_errors_are_covered_as_often_as_promised(n):
    rng = np.random.default_rng(n)
    trials, level = 1000, 0.9
    hits, least = 0, 2 * math.floor((n + 1) * 0.05) / (n + 1)
    for _ in range(trials):
        errors = rng.standard_t(3, n + 1) * 2 + 0.5  # skewed about the median, heavy tails
        found = Calibration.of(errors[:n, None], 1.0)
        low, high = found.quantiles(np.zeros((1, 1)), ones(1, 1), (0.05, 0.95))[0, 0]
        hits += low <= errors[n] <= high
    deviation = math.sqrt(level * (1 - level) / trials)
    assert hits / trials >= level - 3 * deviation
    assert hits / trials <= 1 - least + 3 * deviation  # and no wider than ranks force it to be


def autoregressions(count, rows, seed):
    """Return a frame of stationary y_t = 0.8 y_(t-1) + e_t around 10, with errors of heavy tails."""
    rng = np.random.default_rng(seed)
    y = np.zeros((rows + 100, count))
    shocks = rng.standard_t(4, y.shape)
    for step in range(1, len(y)):
        y[step] = 0.8 * y[step - 1] + shocks[step]
    ids, steps = np.repeat(np.arange(count), rows), np.tile(np.arange(rows), count)
    return pd.DataFrame({"unique_id": ids.astype(str), "ds": steps, "y": 10 + y[100:].T.ravel()})


def test_intervals_of_an_autoregression_cover_at_every_step_ahead():
    training = Training(calibration_windows=15)
    model = Forecaster("naive", HORIZON, 1, season=1, context_length=24, training=training)
    model.fit(autoregressions(80, 200, seed=1))
    unseen = autoregressions(1000, 40 + HORIZON, seed=2)
    history, truth = unseen[unseen["ds"] < 40], unseen[unseen["ds"] >= 40].sort_values(["unique_id", "ds"])
    found = model.predict(history, level=[90])
    low, high = (found[f"naive-{side}-90"].to_numpy().reshape(-1, HORIZON) for side in ("lo", "hi"))
    y = truth["y"].to_numpy().reshape(-1, HORIZON)
    covered = ((low <= y) & (y <= high)).mean(axis=0)
    assert np.abs(covered - 0.9).max() < 0.04, covered
    assert (np.diff((high - low).mean(axis=0)) > 0).all()  # errors are not pooled: later steps are less certain


def test_scales_against_a_loop():
    rng = np.random.default_rng(0)
    contexts = rng.normal(100, 5, (6, 20))
    contexts[rng.random((6, 20)) < 0.2] = np.nan
    period = 4
    for row, scale in zip(contexts, ContextScale(period, 9.0)(contexts)[0], strict=True):
        pairs = [abs(row[i] - row[i - period]) for i in range(period, 20) if not np.isnan(row[i] + row[i - period])]
        assert scale == pytest.approx(np.mean(pairs))
    periodic = np.tile([1.0, 2.0, 3.0, 4.0], (1, 5))
    assert ContextScale(4, 9.0)(periodic)[0][0] == pytest.approx(np.std([1, 2, 3, 4]))
    assert ContextScale(30, 9.0)(periodic)[0][0] == pytest.approx(np.std([1, 2, 3, 4]))


@pytest.mark.parametrize("value", [0.0, 7.0, -1e300, np.nan])
def test_a_context_that_says_nothing_has_the_spare_scale(value):
    scale, is_constant = ContextScale(2, 9.0)(np.full((1, 8), value))
    assert scale.tolist() == [9.0]
    assert is_constant.all()


def test_the_spare_scale_is_that_of_the_median_series():
    ys = [np.arange(6) * 2.0, np.zeros(6), np.arange(6) * 10.0, np.r_[0, np.nan, 3, np.nan, 6, np.nan]]
    panel = Panel.from_arrays(list("abcd"), [0] * 4, ys, Frequency.parse(1))
    assert spare_scale(panel, 2) == 4.0  # 4, none, 20, 3
    assert spare_scale(panel.select([1]), 2) == 1.0


def test_contexts_end_at_their_origins():
    panel = Panel.from_arrays(list("ab"), [0, 0], [np.arange(5.0), 10 + np.arange(4.0)], Frequency.parse(1))
    found = panel.contexts(Origins(np.array([0, 1]), np.array([4, 1])), 3)
    np.testing.assert_array_equal(found, [[2, 3, 4], [np.nan, 10, 11]])


def test_anchors_are_the_levels_nearest_to_the_deciles():
    assert anchor_levels((0.025, 0.1, 0.2, 0.5, 0.9, 0.95)) == (0.1, 0.9)
    assert anchor_levels((0.25, 0.5, 0.6, 0.75)) == (0.25, 0.75)
    assert anchor_levels((0.5, 0.9)) == anchor_levels(()) == ()


def test_intervals_are_nested_contain_the_median_and_know_their_step(calibrated, frame):
    levels = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    answer = calibrated.predictor.predict_panel(
        Panel.from_frame(frame), calibrated.predictor.question(2 * HORIZON, quantile_levels=levels)
    )
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(answer.at(0.5), answer.median)
    bare = calibrated.predictor.calibrated(None).predict_panel(
        Panel.from_frame(frame), calibrated.predictor.calibrated(None).question(2 * HORIZON)
    )
    np.testing.assert_array_equal(answer.median, bare.median)
    assert not np.allclose(*calibrated.predictor.calibration.ratios[:2])


def test_intervals_of_calibration_windows_themselves_hold_as_many_as_their_ranks_say(calibrated, frame):
    panel = Panel.from_frame(frame)
    ends = calibration_ends(panel.lengths, HORIZON, WINDOWS)
    series = np.repeat([0, 1], TAIL - HORIZON + 1)
    steps = np.concatenate([np.arange(ends[s] - 1, panel.lengths[s] - HORIZON) for s in range(2)])
    answer = calibrated.predictor.predict_panel(
        panel, calibrated.predictor.question(quantile_levels=(0.1, 0.9)), Origins(series, steps)
    )
    y = panel.y[(panel.offsets[:-1][series] + steps)[:, None] + np.arange(1, HORIZON + 1)]
    for step in range(HORIZON):
        n = int((~np.isnan(y[:, step])).sum())
        below = (y[:, step] < answer.at(0.1)[:, step] - 1e-9).sum()
        above = (y[:, step] > answer.at(0.9)[:, step] + 1e-9).sum()
        assert calibrated.predictor.calibration.counts[step] == n
        assert below <= math.floor((n + 1) * 0.1) - 1
        assert above <= math.floor((n + 1) * 0.1) - 1


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (1.0, 500.0), (0.001, -3.0)])
def test_intervals_scale_and_shift_with_the_series(calibrated, frame, factor, shift):
    moved = calibrated.predict(frame.assign(y=factor * frame["y"] + shift), level=[80])
    plain = calibrated.predict(frame, level=[80])
    for column in plain.columns[3:]:
        unit = factor * (plain.iloc[:, -1] - plain.iloc[:, -2]).mean()
        assert (np.abs(moved[column] - factor * plain[column] - shift) / unit).max() < 1e-3


def test_series_that_say_nothing_have_finite_intervals_and_missing_ones_none(calibrated):
    ys = [np.full(24, 5.0), np.zeros(24), np.full(24, np.nan), np.r_[[np.nan] * 23, 3.0]]
    start = np.datetime64("2024-01-01", "us")
    panel = Panel.from_arrays(list("abcd"), [start] * 4, ys, Frequency.parse("h"))
    answer = calibrated.predictor.predict_panel(panel, calibrated.predictor.question(quantile_levels=(0.1, 0.9)))
    assert list(answer.problems) == [2]
    assert np.isnan(answer.quantiles[2]).all()
    known = answer.quantiles[[0, 1, 3]]
    assert np.isfinite(known).all()
    assert (known[:, :, 1] > known[:, :, 0]).all()


def test_perturbing_what_comes_after_an_origin_changes_nothing(calibrated, frame):
    panel, origins = Panel.from_frame(frame), Origins(np.zeros(1, int), np.array([100]))
    later = panel.with_values(np.where(np.arange(len(panel.y)) > 100, -1e6, panel.y))
    found = [
        calibrated.predictor.predict_panel(
            one, calibrated.predictor.question(quantile_levels=(0.1, 0.9)), origins
        ).quantiles
        for one in (panel, later)
    ]
    np.testing.assert_array_equal(*found)


def test_rows_of_the_split_never_reach_the_weights(calibrated, frame):
    rows_left = frame.groupby("unique_id").cumcount(ascending=False)
    wild = frame.assign(y=np.where(rows_left < TAIL, -1e4 * frame["y"], frame["y"]))
    choices = {"units": 8} if calibrated.spec.model == "ff-ar" else {}
    other = fitted(calibrated.spec.model, wild, **choices)
    alone = fitted(calibrated.spec.model, frame[rows_left >= TAIL], windows=0, **choices)
    expected = named_weights(calibrated.predictor.network)
    for one in (other, alone):
        weights = named_weights(one.predictor.network)
        assert all((weights[name] == expected[name]).all() for name in expected)
    found, plain = other.predictor.calibration, calibrated.predictor.calibration
    assert found.spare_scale == plain.spare_scale
    assert not np.allclose(found.ratios, plain.ratios)


def test_series_too_short_to_spare_rows_are_neither_cut_nor_calibrated_on():
    frame = make_frame(series=2, rows=200)
    short = frame["unique_id"].eq("s1") & (frame.groupby("unique_id").cumcount() >= TAIL + HORIZON)
    found = fitted("seasonal-naive", frame[~short])
    assert found.facts.calibration_windows == TAIL - HORIZON + 1
    assert found.facts.rows == 200 + TAIL + HORIZON
    assert found.facts.calibration_start == str(np.datetime64("2024-01-01", "us") + np.timedelta64(200 - TAIL, "h"))


def test_history_goes_on_after_the_split(frame):
    found = fitted("naive", frame).predict()
    last = frame.dropna().groupby("unique_id")["y"].last()
    np.testing.assert_array_equal(found.groupby("unique_id")["naive"].first(), last)


@pytest.mark.parametrize(
    ("error", "model", "data", "choices", "message"),
    [
        (TrainingError, "naive", make_frame(series=1, rows=20), {}, "no series has the rows to spare"),
        (ConfigError, "gru", symbol_frame(), {"head": "categorical"}, "symbols have probabilities"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_with_the_reason(error, model, data, choices, message):
    with pytest.raises(error, match=message) as caught:
        fitted(model, data, **choices)
    assert caught.value.field == "calibration_windows"


def test_learners_that_go_on_are_not_calibrated(frame):
    training = Training(**BRIEF, calibration_windows=2, learner="ekf")
    forecaster = Forecaster("rnn", 1, context_length=8, units=2, head="point", decoding="recursive", training=training)
    with pytest.raises(ConfigError, match="online learner"):
        forecaster.fit(frame)


@pytest.fixture
def folder(calibrated, tmp_path):
    return calibrated.save(tmp_path / "model")


def test_a_saved_calibration_answers_as_before_and_copies_forget_it(calibrated, frame, folder):
    loaded = Forecaster.load(folder)
    expected = calibrated.predict(frame, level=[80, 90])
    found = loaded.predict(frame, level=[80, 90])
    np.testing.assert_allclose(found.iloc[:, 3:], expected.iloc[:, 3:], rtol=1e-6)
    assert loaded.facts == calibrated.facts
    assert loaded.choices.training.calibration_windows == calibrated.choices.training.calibration_windows == WINDOWS
    assert not json.loads((folder / model_folder.CALIBRATION_FILE).read_text()).keys() & {"y", "history"}


def signed(folder, change):
    """Change the calibration of a model and vouch for it."""
    path = folder / model_folder.CALIBRATION_FILE
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    sign(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values.update(extra=1), "the fields must be"),
        (lambda values: values.update(spare_scale=0.0), "spare_scale"),
        (lambda values: values.update(counts=[0] * HORIZON), "counts"),
        (lambda values: values.update(levels=values["levels"][1:]), "levels"),
        (lambda values: values.update(ratios=values["ratios"][:2]), "rows of"),
        (lambda values: values["ratios"][0].reverse(), "ascend"),
        (lambda values: values["ratios"][0].__setitem__(0, "x"), "could not convert"),
        (lambda values: values["ratios"][-1].__setitem__(-1, 2 * values["ratios"][-1][-1]), "golden forecasts differ"),
    ],
)
def test_a_calibration_that_was_tampered_with_is_refused_even_when_signed(folder, change, message):
    signed(folder, change)
    with pytest.raises(ArtifactError, match=message):
        Artifact.read(folder)


def test_a_model_that_lost_its_calibration_is_refused(folder):
    (folder / model_folder.CALIBRATION_FILE).unlink()
    with pytest.raises(ArtifactError, match=r"calibration\.json is missing"):
        Artifact.read(folder)
    sign(folder)
    with pytest.raises(ArtifactError, match="golden forecasts differ"):
        Artifact.read(folder)
