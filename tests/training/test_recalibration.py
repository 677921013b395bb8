"""Calibrating a trained model again: which windows count, what stays as it is, and what is refused."""

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.splits import calibration_ends
from forecasting.errors import ConfigError, TrainingError
from forecasting.evaluation.backtest import rolling
from forecasting.prediction import calibration_windows
from forecasting.prediction.calibration_windows import MovingCalibration, calibrate
from forecasting.training.recalibration import rows_until
from tests.conftest import BRIEF, make_frame

HORIZON, WINDOWS = 6, 5
TAIL = HORIZON * WINDOWS


def forecaster(model="seasonal-naive", windows=WINDOWS, **choices):
    training = Training(**BRIEF, calibration_windows=windows)
    return Forecaster(model, horizon=HORIZON, context_length=24, training=training, **choices)


@pytest.fixture(scope="module")
def frame():
    whole = make_frame(series=3, rows=280).groupby("unique_id").head(260)  # of one length
    return whole.assign(y=whole["y"].mask(whole.groupby("unique_id").cumcount() % 37 == 5))


def head_of(frame, rows):
    return frame[frame.groupby("unique_id").cumcount() < rows]


def same(one, other):
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.ratios, other.ratios)


def test_on_the_same_rows_it_is_the_calibration_of_the_training(frame):
    fitted = forecaster().fit(frame)
    before = fitted.predictor.calibration
    same(fitted.calibrate(frame).predictor.calibration, before)


def test_only_the_last_horizons_count_and_weights_stay(frame):
    fitted = forecaster("ff-ar", units=8).fit(head_of(frame, 200))
    points = fitted.predict(frame)
    panel, bare = Panel.from_frame(frame), fitted.predictor.calibrated(None)
    expected = calibrate(bare, panel, panel.lengths - 3 * HORIZON)
    fitted.calibrate(frame, 3)
    same(fitted.predictor.calibration, expected)
    assert fitted.facts.calibration_windows == expected.windows
    np.testing.assert_array_equal(fitted.predict(frame)["ff-ar"], points["ff-ar"])


def test_rows_that_the_weights_were_fitted_to_never_count(frame):
    fitted = forecaster(windows=0).fit(head_of(frame, 240))
    found = fitted.calibrate(frame, 10).predictor.calibration
    assert found.windows <= 3 * (260 - 240 - HORIZON + 1)
    wild = frame.assign(y=np.where(frame.groupby("unique_id").cumcount() < 200, 1e3 * frame["y"], frame["y"]))
    again = forecaster(windows=0).fit(head_of(frame, 240)).calibrate(wild, 10).predictor.calibration
    same(found, again)


def test_a_model_without_intervals_gets_them(frame, tmp_path):
    fitted = forecaster(windows=0).fit(head_of(frame, 200))
    loaded = Forecaster.load(fitted.save(tmp_path / "model"))
    answer = loaded.calibrate(frame, WINDOWS).predict(frame, level=[80])
    assert (answer["seasonal-naive-lo-80"] < answer["seasonal-naive-hi-80"]).all()
    again = Forecaster.load(loaded.save(tmp_path / "calibrated"))
    np.testing.assert_allclose(again.predict(frame, level=[80]).iloc[:, 3:], answer.iloc[:, 3:], rtol=1e-9)
    assert again.facts.training_end == Panel.from_frame(frame).end_label
    assert again.facts.seen_until == fitted.facts.training_end
    same(again.calibrate(frame, WINDOWS).predictor.calibration, loaded.predictor.calibration)


def test_what_cannot_be_calibrated_again_is_refused_with_the_reason(frame):
    fitted = forecaster(windows=0).fit(frame)
    with pytest.raises(ConfigError, match=r"integer of at least 1 to calibrate again\. Got 0"):
        fitted.calibrate(frame)
    with pytest.raises(TrainingError, match=r"The longest has 0 rows more, the horizon is 6") as caught:
        fitted.calibrate(frame, 2)
    assert caught.value.code == "no_calibration"
    training = Training(**BRIEF, learner="ekf")
    online = Forecaster(
        "rnn", 1, context_length=8, units=2, segment=1, head="point", decoding="recursive", training=training
    )
    with pytest.raises(ConfigError, match="online learner"):
        online.fit(head_of(frame, 60)).calibrate(frame, 2)


def test_rows_until_a_time_are_counted_for_each_series(frame):
    shorter = frame[~(frame["unique_id"].eq("s1") & (frame.groupby("unique_id").cumcount() >= 100))]
    panel = Panel.from_frame(shorter)
    assert rows_until(panel, panel.label(panel.grid()[150])).tolist() == [151, 100, 151]


@pytest.mark.parametrize("model", ["seasonal-naive", "ff-ar"])
def test_every_window_of_a_backtest_is_calibrated_on_what_was_known_then(frame, model):
    choices = {"units": 8} if model == "ff-ar" else {}
    one, panel = forecaster(model, **choices), Panel.from_frame(frame)
    found = one.backtest_panel(panel, 4, recalibrate=True, level=[80])
    still = one.backtest_panel(panel, 4, level=[80])
    # windows are answered in batches of other sizes, whose products are summed in another order
    np.testing.assert_allclose(found.answer.median, still.answer.median, rtol=1e-6)
    rolled = rolling(panel, HORIZON, 4, None)
    first = rolled.window == 0
    np.testing.assert_allclose(found.answer.quantiles[first], still.answer.quantiles[first], rtol=1e-6)
    assert not np.allclose(found.answer.quantiles[~first], still.answer.quantiles[~first])
    fitted = one.copy().fit_panel(panel.known_at(rolled)).predictor
    ends = rolled.ends(panel.n_series, 2)
    by_hand = fitted.calibrated(calibrate(fitted.calibrated(None), panel.truncate(ends), ends - TAIL))
    expected = by_hand.predict_panel(
        panel,
        by_hand.question(quantile_levels=(0.1, 0.9)),
        Origins(np.arange(panel.n_series), ends - 1),
    )
    np.testing.assert_allclose(found.answer.quantiles[rolled.window == 2], expected.quantiles, rtol=1e-6)


def test_rows_after_an_origin_never_reach_its_calibration(frame):
    panel = Panel.from_frame(frame)
    fitted = forecaster().fit_panel(panel.truncate(np.full(3, 200))).predictor
    seen = calibration_ends(np.full(3, 200), HORIZON, WINDOWS)
    is_later = np.tile(np.arange(260) >= 230, 3)
    later = panel.with_values(np.where(is_later, -1e6, panel.y))
    same(*(MovingCalibration.of(fitted, one, seen, WINDOWS).at(np.full(3, 230)) for one in (panel, later)))


@pytest.mark.parametrize("most", [20, calibration_windows.MOST_WINDOWS])
def test_calibrating_at_the_end_scores_the_last_rows_alone_and_says_the_same(monkeypatch, frame, most):
    monkeypatch.setattr(calibration_windows, "MOST_WINDOWS", most)
    panel = Panel.from_frame(frame)
    fitted = forecaster("ff-ar", windows=0, units=4).fit_panel(panel.truncate(np.full(3, 100))).predictor
    seen = np.full(3, 100)
    every, last = (MovingCalibration.of(fitted, panel, seen, 4, only_last=only) for only in (False, True))
    found, expected = last.at(panel.lengths), every.at(panel.lengths)
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_allclose(found.ratios, expected.ratios, rtol=1e-5, atol=1e-6)
    assert (last.errors.origins.steps >= 260 - 4 * HORIZON - 1).all()
    assert len(last.errors.origins.steps) < len(every.errors.origins.steps)
    fitted.chunk = 7
    np.testing.assert_allclose(
        MovingCalibration.of(fitted, panel, seen, 4).errors.ratios, every.errors.ratios, rtol=1e-5, atol=1e-6
    )


def test_many_series_and_a_short_window_leave_every_origin_something_to_calibrate_on(monkeypatch):
    monkeypatch.setattr(calibration_windows, "MOST_WINDOWS", 20)
    monkeypatch.setattr(calibration_windows, "FEWEST_SERIES", 5)
    panel = Panel.from_frame(make_frame(series=40, rows=400).groupby("unique_id").tail(80))
    lengths = panel.lengths
    fitted = forecaster(windows=1).fit_panel(panel.truncate(lengths - 30)).predictor
    moving = MovingCalibration.of(fitted, panel, lengths - 30, 1)
    counts = [moving.at(lengths - back).windows for back in range(30 - HORIZON + 1)]
    assert counts == [20] * len(counts)
