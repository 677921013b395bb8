"""Backtests: the windows they score, what they train on, and that nothing after a cutoff matters."""

import itertools

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.errors import PanelError
from forecasting.evaluation.backtest import rolling, seasonal_scales
from tests.conftest import BRIEF, make_frame

H = 6


@pytest.fixture(scope="module")
def frame():
    return make_frame(series=2, rows=120, missing=0.02)


def small(model="ff-ar", **fields):
    sizes = {"units": 8, "layers": 1, "width": 4} if model == "ff-ar" else {}
    return Forecaster(model, H, context_length=24, training=Training(**BRIEF), **sizes, **fields)


def test_the_frame_has_every_window_with_its_cutoff_and_what_happened(frame):
    found = small("seasonal-naive").backtest(frame, windows=3, step=4)
    assert list(found.columns) == ["unique_id", "ds", "cutoff", "y", "seasonal-naive"]
    assert len(found) == 2 * 3 * H
    merged = found.merge(frame, on=["unique_id", "ds"], how="left", suffixes=("", "_true"))
    pd.testing.assert_series_equal(merged["y"], merged["y_true"], check_names=False)
    ends = frame.groupby("unique_id")["ds"].max()
    for name, part in found.groupby("unique_id"):
        expected = [ends[name] - pd.Timedelta(hours=H + back) for back in (8, 4, 0)]
        assert sorted(part["cutoff"].unique()) == expected
    assert ((found["ds"] - found["cutoff"]) / pd.Timedelta(hours=1)).isin(range(1, H + 1)).all()


def test_every_window_is_what_the_predictor_says_when_the_series_ends_there(frame):
    found = small("seasonal-naive").backtest(frame, windows=2)
    for cutoff, part in found[found["unique_id"] == "s0"].groupby("cutoff"):
        history = frame[(frame["unique_id"] == "s0") & (frame["ds"] <= cutoff)]
        np.testing.assert_array_equal(
            small("seasonal-naive").fit(history).predict()["seasonal-naive"], part["seasonal-naive"]
        )


@pytest.mark.parametrize("model", ["ff-ar", "ar"])
@pytest.mark.parametrize("refit", [False, True])
def test_noise_after_the_first_cutoff_changes_nothing_forecast_there(frame, model, refit):
    plain = small(model).backtest(frame, windows=2, refit=refit)
    first = plain["cutoff"].groupby(plain["unique_id"]).transform("min")
    noisy = frame.copy()
    cutoff = noisy["unique_id"].map(plain.groupby("unique_id")["cutoff"].min())
    noisy.loc[noisy["ds"] > cutoff, "y"] = np.random.default_rng(9).normal(1e5, 1e5, int((noisy["ds"] > cutoff).sum()))
    other = small(model).backtest(noisy, windows=2, refit=refit)
    at_first = plain["cutoff"] == first
    np.testing.assert_array_equal(plain.loc[at_first, model], other.loc[at_first, model])


def test_refitting_uses_the_rows_between_cutoffs(frame):
    once = small("ar").backtest(frame, windows=2)
    again = small("ar").backtest(frame, windows=2, refit=True)
    first = once["cutoff"] == once.groupby("unique_id")["cutoff"].transform("min")
    np.testing.assert_allclose(once.loc[first, "ar"], again.loc[first, "ar"])
    assert not np.allclose(once.loc[~first, "ar"], again.loc[~first, "ar"])


def test_a_loaded_model_marks_what_it_was_trained_on(frame, tmp_path):
    early = frame[frame["ds"] < frame["ds"].max() - pd.Timedelta(hours=2 * H)]
    loaded = Forecaster.load(small("ar").fit(early).save(tmp_path / "model"))
    found = loaded.backtest(frame, windows=4)
    trained_until = early["ds"].max()
    np.testing.assert_array_equal(found["in_sample"], found["cutoff"] < trained_until)
    assert found["in_sample"].any()
    assert not found["in_sample"].all()
    scored = loaded.backtest_panel(Panel.from_frame(frame), windows=4).scored
    assert len(scored.y) == len(found[~found["in_sample"]]) / H


def test_scales_are_those_of_each_windows_own_history(frame):
    panel = Panel.from_frame(frame)
    origins = rolling(panel, H, 3, None).origins
    absolute, squared = seasonal_scales(panel, origins, 24)
    for window in range(len(origins)):
        start = panel.offsets[origins.series[window]]
        history = panel.y[start : start + origins.steps[window] + 1]
        difference = history[24:] - history[:-24]
        assert absolute[window] == pytest.approx(np.nanmean(np.abs(difference)))
        assert squared[window] == pytest.approx(np.nanmean(difference**2))


def test_scales_of_a_series_do_not_depend_on_its_neighbours():
    rng = np.random.default_rng(0)
    large, small = 1e6 * np.arange(10_000.0), 0.1 * rng.normal(size=30)
    endless = np.where(np.arange(50) % 2, 1e300, -1e300)  # the square of its differences is infinite
    values = {"large": large, "small": small, "endless": endless}
    starts, frequency = np.zeros(1, np.int64), Frequency.parse(1)

    def scales(names):
        panel = Panel.from_arrays(names, starts.repeat(len(names)), [values[name] for name in names], frequency)
        origins = rolling(panel, 4, 3, None).origins
        found = np.stack(seasonal_scales(panel, origins, 2), axis=1)
        return {name: found[origins.series == at] for at, name in enumerate(names)}

    alone = {name: scales([name])[name] for name in values}
    assert (alone["small"] > 0).all()
    assert np.isfinite(alone["small"]).all()
    for names in itertools.permutations(values):
        for name, found in scales(list(names)).items():
            np.testing.assert_array_equal(found, alone[name])


def test_a_perfect_season_scores_what_it_must():
    step = np.arange(100)
    frame = pd.DataFrame({"ds": step, "y": step % 4 + 1.0})
    found = Forecaster("seasonal-naive", 4, season=4).backtest_panel(Panel.from_frame(frame), windows=2).metrics()
    assert found["mae"] == 0
    assert found["smape"] == 0


def test_series_too_short_for_a_window_are_named_in_the_error():
    with pytest.raises(PanelError, match="No series is long enough to backtest"):
        small("naive").backtest(make_frame(series=1, rows=H))


def test_quantile_metrics_come_with_the_levels(frame):
    backtest = small("ff-ar").backtest_panel(Panel.from_frame(frame), windows=2, level=[80])
    found = backtest.metrics([80])
    assert 0 <= found["coverage_80"] <= 1
    assert found["winkler_80"] > 0
    assert found["wql"] > 0
    assert {"ff-ar-lo-80", "ff-ar-hi-80"} <= set(backtest.to_frame([80]).columns)
