"""The leak check finds nothing in the family, and finds every leak that is put there."""

import numpy as np
import pytest
from click.testing import CliRunner

import forecasting.network.graphs
from forecasting import Forecaster, Training
from forecasting.data.panel import Panel
from forecasting.errors import PanelError
from forecasting.evaluation.leakage import CHANGES, leakage_of
from forecasting.layers.gather import Gather
from forecasting.prediction.predictor import Predictor
from pipelines.cli import main
from tests.conftest import BRIEF, QUICK, make_frame, symbol_frame


class Peeking(Gather):
    """Cuts windows one step too late: the newest value of the context is the first target."""

    def __call__(self, origins, firsts):
        return super().__call__(origins + 1, firsts)


def small(model="ff-ar", training=QUICK, **choices):
    return Forecaster(model, 6, context_length=24, training=Training(**training), **choices)


@pytest.mark.parametrize("model", ["ff-ar", "gru", "ar", "seasonal-naive"])
def test_a_fresh_copy_fitted_before_the_cutoff_knows_nothing_of_what_comes(model, hourly):
    forecaster = small(model, **({"units": 4} if model in ("ff-ar", "gru") else {}))
    report = forecaster.check_leakage(hourly)
    assert not report.leaks
    assert report.is_refitted
    assert {effect.changed for effect in report.effects} == {"numbers", "missing"}
    for effect in report.effects:
        assert effect.values == 2 * 3 * 6
        assert effect.differences == dict.fromkeys(("weights", "validation", "forecasts", "rolled out"), 0.0)
    with pytest.raises(Exception, match="not fitted"):
        _ = forecaster.predictor


def test_symbols_are_checked_like_numbers():
    forecaster = Forecaster("ff-ar", 4, head="categorical", context_length=8, units=4, training=Training(**QUICK))
    assert not forecaster.check_leakage(symbol_frame(rows=60)).leaks


def test_levels_that_few_windows_of_a_calibration_support_are_compared_and_no_others():
    frame = make_frame(series=1, rows=100, season=6)
    training = Training(**BRIEF, calibration_windows=4)
    model = Forecaster("ff-ar", 6, context_length=24, units=4, training=training).fit(frame)
    assert model.predictor.quantile_range[0] > model.predictor.task.quantile_levels[0]
    assert not model.check_leakage(frame).leaks


def test_past_covariates_are_changed_and_known_ones_are_read_ahead(hourly, tmp_path):
    frame = hourly.assign(temp=hourly["y"].shift(1), load=hourly["y"], state=hourly["y"].gt(50).map({True: "a"}))
    model = small(units=4, known_covariates=["temp"], past_covariates=["load", "state"])
    assert not model.check_leakage(frame).leaks
    loaded = Forecaster.load(model.fit(frame).save(tmp_path / "model"))
    assert not loaded.check_leakage(frame).leaks


def test_what_is_changed_is_everything_after_the_cutoff_but_what_is_known_ahead(hourly):
    frame = hourly.assign(temp=hourly["y"], load=hourly["y"], state=hourly["y"].gt(50).map({True: "a", False: "b"}))
    panel = Panel.from_frame(frame, known=["temp"], past=["load", "state"])
    after = np.arange(len(panel.y)) % 7 == 0
    for change in CHANGES.values():
        other = change(panel, after)
        np.testing.assert_array_equal(other.covariates.known["temp"], panel.covariates.known["temp"])
        for one, was in ((other.y, panel.y), (other.covariates.past["load"], panel.covariates.past["load"])):
            np.testing.assert_array_equal(one[~after], was[~after])
            assert (np.isnan(one[after]) | (np.abs(one[after] - was[after]) > 100)).all()
        state = other.covariates.past["state"]
        assert (state[~after] == panel.covariates.past["state"][~after]).all()
        assert (state[after] != panel.covariates.past["state"][after]).any()


def test_a_window_that_is_cut_too_late_is_caught(trained, hourly, tmp_path, monkeypatch):
    loaded = Forecaster.load(trained.save(tmp_path / "model"))
    report = loaded.check_leakage(hourly)
    assert not report.leaks
    assert not report.is_refitted
    assert {effect.changed for effect in report.effects} == {"numbers", "missing", "rows gone"}
    monkeypatch.setattr(forecasting.network.graphs, "Gather", Peeking)
    peeking = Predictor(loaded.spec, loaded.predictor.task, loaded.predictor.network)
    report = leakage_of(loaded.panel(hourly), loaded.horizon, peeking)
    assert report.leaks
    moved = {effect.changed: effect.differences["forecasts"] for effect in report.effects}
    assert min(moved.values()) > 0
    assert moved["numbers"] > 1


def test_a_training_that_sees_the_future_is_caught(hourly, monkeypatch):
    monkeypatch.setattr(Panel, "known_at", lambda self, rolling, window=None: self)
    differences = small(units=4, training=BRIEF).check_leakage(hourly).effects[0].differences
    assert differences["weights"] > 0
    assert differences["forecasts"] > 0


def test_a_series_too_short_for_a_cutoff_is_said():
    with pytest.raises(PanelError, match="a series of 8 rows"):
        small(units=4).check_leakage(make_frame(series=1, rows=7))


def test_the_command_says_what_moved_and_ends_with_3(trained, hourly, tmp_path, monkeypatch):
    folder = trained.save(tmp_path / "model")
    hourly.to_parquet(tmp_path / "data.parquet")
    base = ["check-leakage", str(tmp_path / "data.parquet"), "--model"]
    clean = CliRunner().invoke(main, [*base, str(folder)])
    assert clean.exit_code == 0, clean.output
    assert "nothing moved" in clean.stdout
    fresh = CliRunner().invoke(main, [*base, "ar", "--horizon", "6", "--json"])
    assert fresh.exit_code == 0, fresh.output
    assert '"leaks": false' in fresh.stdout
    assert CliRunner().invoke(main, [*base, "ar"]).exit_code == 2
    monkeypatch.setattr(forecasting.network.graphs, "Gather", Peeking)
    leaking = CliRunner().invoke(main, [*base, "naive", "--horizon", "6"])  # shows the newest value at once
    assert leaking.exit_code == 3
    assert "the future leaks" in leaking.stdout
