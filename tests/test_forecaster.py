"""The Forecaster: frames in, forecast frames out."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, ModelSpec, Training
from forecasting.errors import ConfigError, NotFittedError, RequestError
from tests.conftest import BRIEF, make_frame


def test_the_forecast_frame_has_the_agreed_columns_and_times(trained, hourly):
    found = trained.predict(level=[80, 95])
    expected = ["unique_id", "ds", "status", "gru", "gru-lo-80", "gru-hi-80", "gru-lo-95", "gru-hi-95"]
    assert list(found.columns) == expected
    for name, part in found.groupby("unique_id"):
        end = hourly.loc[hourly["unique_id"] == name, "ds"].max()
        assert list(part["ds"]) == list(pd.date_range(end, periods=13, freq="h")[1:])
    assert (found["gru-lo-95"] <= found["gru-lo-80"]).all()
    assert (found["gru-hi-80"] <= found["gru-hi-95"]).all()


def test_quantiles_are_columns_of_their_own(trained):
    found = trained.predict(quantile_levels=[0.9, 0.1])
    assert list(found.columns[-2:]) == ["gru-q-0.9", "gru-q-0.1"]


def test_row_order_changes_nothing(trained, hourly):
    shuffled = hourly.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(trained.predict(shuffled), trained.predict(hourly))


def test_renaming_series_changes_only_their_names(trained, hourly):
    renamed = trained.predict(hourly.assign(unique_id=hourly["unique_id"].map({"s0": "b", "s1": "a"})))
    plain = trained.predict(hourly)
    for old, new in (("s0", "b"), ("s1", "a")):
        one, other = (frame.loc[frame["unique_id"] == name, "gru"] for frame, name in ((plain, old), (renamed, new)))
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_series_never_seen_in_training_is_forecast(trained):
    new = make_frame(series=1, rows=80, seed=7).assign(unique_id="new")
    assert trained.predict(new)["gru"].between(20, 80).all()


def test_a_longer_horizon_warns_and_marks_the_rows(trained):
    with pytest.warns(UserWarning, match="rolled out"):
        found = trained.predict(horizon=20)
    part = found[found["unique_id"] == "s0"]
    assert list(part["status"]) == ["ok"] * 12 + ["rolled_out"] * 8


@pytest.mark.parametrize("freq", ["D", "W-TUE", "MS", "ME", "QE", "15min", "B", 1])
def test_every_frequency_is_inferred_and_continued(freq):
    frame = make_frame(series=2, rows=60, freq=freq, season=7)
    found = Forecaster("seasonal-naive", 3).fit(frame).predict()
    for name, part in found.groupby("unique_id"):
        end = frame.loc[frame["unique_id"] == name, "ds"].max()
        if freq == 1:
            assert list(part["ds"]) == [end + 1, end + 2, end + 3]
        else:
            assert list(part["ds"]) == list(pd.date_range(end, periods=4, freq=freq)[1:])


def test_a_zone_comes_back_as_it_went_in():
    frame = make_frame(series=1, rows=60)
    frame["ds"] = frame["ds"].dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    found = Forecaster("naive", 3).fit(frame).predict()
    assert str(found["ds"].dt.tz) == "Europe/Berlin"
    assert found["ds"].iloc[0] == frame["ds"].iloc[-1] + pd.Timedelta(hours=1)


def test_columns_of_other_libraries_are_understood():
    frame = make_frame(series=1, rows=60).rename(columns={"unique_id": "item_id", "ds": "timestamp", "y": "target"})
    assert list(Forecaster("naive", 2).fit(frame).predict().columns) == ["unique_id", "ds", "status", "naive"]


def test_a_point_head_refuses_levels():
    forecaster = Forecaster("naive", 2).fit(make_frame(series=1, rows=60))
    with pytest.raises(RequestError, match="gives points"):
        forecaster.predict(level=[80])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"level": [80], "quantile_levels": [0.1]}, "not both"),
        ({"level": [0]}, "between 0 and 100"),
        ({"level": [80, 80]}, "twice"),
        ({"quantile_levels": [1.0]}, "between 0 and 1"),
        ({"horizon": 0}, "from 1 to"),
    ],
)
def test_what_cannot_be_asked_is_said(trained, asked, message):
    with pytest.raises(RequestError, match=message):
        trained.predict(**asked)


def test_predicting_before_fitting_and_without_history_are_errors(trained, tmp_path):
    with pytest.raises(NotFittedError, match="Call `fit` first"):
        Forecaster("naive", 2).predict()
    with pytest.raises(NotFittedError, match="Give `history`"):
        Forecaster.load(trained.save(tmp_path / "model")).predict()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "prophet"}, "Unknown model 'prophet'. Known: ar, attention"),
        ({"model": "gru", "colour": 1}, "Unknown field 'colour'"),
        ({"model": "gru", "layers": 5}, "from 1 to 4"),
        ({"model": "gru", "decoding": "recursive", "head": "quantiles"}, "does not fit"),
        ({"model": "gru", "head": "oracle"}, "Unknown head 'oracle'"),
        ({"model": "gru", "decoding": "guess"}, "Unknown decoding 'guess'"),
    ],
)
def test_choices_that_do_not_exist_are_refused_with_those_that_do(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Forecaster(horizon=2, **arguments)


def test_a_spec_is_read_from_one_word():
    spec = ModelSpec.parse("gru:units=64,layers=2,head=point,alias=small")
    assert (spec.config.units, spec.config.layers, spec.head, spec.alias) == (64, 2, "point", "small")
    assert ModelSpec.parse("seasonal-naive:period=24").alias == "seasonal-naive:period=24"
    with pytest.raises(ConfigError, match="field=value"):
        ModelSpec.parse("gru:units")


def test_choices_are_said_in_one_place():
    apart = Forecaster("gru", 2, units=64, head="point", alias="small")
    assert apart.spec == Forecaster("gru:units=64,head=point,alias=small", 2).spec == Forecaster(apart.spec, 2).spec
    with pytest.raises(ConfigError, match="Got layers, head beside it"):
        Forecaster("gru:units=64", 2, layers=2, head="point")
    with pytest.raises(ConfigError, match="Got scaling beside it"):
        Forecaster(apart.spec, 2, scaling="last")


def test_without_a_calendar_the_clock_says_nothing(hourly, tmp_path):
    forecaster = Forecaster("ff-ar", 6, context_length=24, units=8, calendar=(), training=Training(**BRIEF)).fit(hourly)
    later = hourly.assign(ds=hourly["ds"] + pd.Timedelta("9D5h"))
    np.testing.assert_array_equal(forecaster.predict(later)["ff-ar"], forecaster.predict(hourly)["ff-ar"])
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert loaded.choices.calendar == loaded.predictor.task.calendar == ()


def test_a_calendar_is_that_of_the_cycles_that_were_said(hourly, tmp_path):
    forecaster = Forecaster("ar", 6, context_length=24, calendar=["weekend", "hour"]).fit(hourly)
    assert {name.split("_")[0] for name in forecaster.predictor.task.calendar} == {"hour", "weekend"}
    assert Forecaster.load(forecaster.save(tmp_path / "model")).choices.calendar == ("hour", "weekend")
    with pytest.raises(ConfigError, match="a list of cycles"):
        Forecaster("ar", 6, calendar="hour")


def test_shifted_windows_share_one_scale_that_the_artifact_keeps(hourly, tmp_path):
    def fitted(frame):
        return Forecaster("gru", 6, context_length=24, units=8, scaling="shift", training=Training(**BRIEF)).fit(frame)

    forecaster, doubled = fitted(hourly), hourly.assign(y=2 * hourly["y"])
    twice = fitted(doubled)
    np.testing.assert_allclose(twice.predict(doubled)["gru"], 2 * forecaster.predict(hourly)["gru"], rtol=1e-5)
    loaded = Forecaster.load(forecaster.save(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict(hourly)["gru"], forecaster.predict(hourly)["gru"])
    raised = hourly.assign(y=hourly["y"] + 1000)
    np.testing.assert_allclose(loaded.predict(raised)["gru"], 1000 + loaded.predict(hourly)["gru"], rtol=1e-6)
    constant = loaded.predict(hourly.assign(y=7.0))
    np.testing.assert_allclose(constant["gru"], 7.0, rtol=1e-9)


def test_a_loaded_forecaster_backtests_as_it_is(trained, hourly, tmp_path):
    loaded = Forecaster.load(trained.save(tmp_path / "model"))
    assert loaded.backtest(hourly, windows=2)["in_sample"].all()
