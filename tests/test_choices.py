"""The choices of a forecaster: each spelt once, and everything that reads them reads all of them."""

import dataclasses
import inspect
import re

import numpy as np
import pytest

from forecasting import Choices, Forecaster, ModelSpec, Training
from forecasting.choices import NAMES
from forecasting.config.task import Task
from forecasting.errors import ConfigError, RequestError, TrainingError
from tests.conftest import QUICK, make_frame

#: A value other than the default of every choice.
OTHER = {
    "season": (12,),
    "context_length": 30,
    "quantile_levels": (0.2, 0.5, 0.8),
    "static_covariates": ("store",),
    "known_covariates": ("price",),
    "past_covariates": ("load",),
    "calendar": ("hour",),
    "holidays": "DE",
    "lower": 0.0,
    "upper": 500.0,
    "max_horizon": 30,
    "short_series": "fallback",
    "training": Training(**QUICK),
}


@pytest.fixture(scope="module")
def frame():
    frame = make_frame(rows=120)
    step = np.arange(len(frame))
    return frame.assign(store=frame["unique_id"], price=step % 7.0, load=step % 3 * 1.0)


@pytest.fixture(scope="module")
def fitted(frame):
    return Forecaster("ff-ar", 6, units=4, layers=1, width=4, **OTHER).fit(frame)


def test_every_choice_has_another_value_in_these_tests():
    assert set(OTHER) == set(NAMES)
    usual = Choices(ModelSpec.of("ff-ar"), 6)
    assert all(getattr(usual, name) != value for name, value in OTHER.items())


def test_the_signature_that_people_see_names_every_choice():
    shown = inspect.signature(Forecaster).parameters
    assert list(shown)[:3] == ["model", "horizon", "freq"]
    assert set(NAMES) < set(shown)
    assert shown["short_series"].default == "pad"


@pytest.mark.parametrize("name", OTHER)
def test_a_choice_reaches_the_task_or_the_training_and_a_loaded_model_has_it(fitted, name, tmp_path):
    if not (tmp_path.parent / "model").exists():
        fitted.save(tmp_path.parent / "model")
    loaded = Forecaster.load(tmp_path.parent / "model")
    assert getattr(fitted.choices, name) == getattr(loaded.choices, name) == OTHER[name]
    if name in {field.name for field in dataclasses.fields(Task)} - {"calendar"} and "covariates" not in name:
        assert getattr(fitted.predictor.task, name) == OTHER[name]


def test_the_longest_horizon_is_one_that_the_user_can_choose(fitted, frame):
    future = fitted.make_future_frame(frame, 30).assign(price=1.0)
    with pytest.warns(UserWarning, match="longer than the trained 6"):
        assert len(fitted.predict(frame, 30, future=future)) == 60
    with pytest.raises(RequestError, match="from 1 to 30"):
        fitted.predict(frame, 31)


def test_choices_are_never_changed_and_replaced_as_a_whole():
    choices = Choices.of("ff-ar", 6, season=[24], units=8)
    with pytest.raises(dataclasses.FrozenInstanceError):
        choices.horizon = 7
    assert choices.replace(horizon=7).horizon == 7
    assert (choices.season, choices.spec.config.units) == ((24,), 8)
    assert Forecaster.of(choices).choices == Forecaster("ff-ar", 6, season=24, units=8).choices
    with pytest.raises(ConfigError, match="short_series"):
        choices.replace(short_series="guess")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizon", "6"),
        ("horizon", 0),
        ("context_length", 0),
        ("context_length", 2.5),
        ("max_horizon", 0),
        ("max_horizon", 5),
        ("season", [0]),
        ("calendar", "hour"),
        ("known_covariates", "price"),
        ("past_covariates", "load"),
        ("static_covariates", "store"),
        ("scaling", "zscore"),
    ],
)
def test_a_choice_that_means_nothing_is_refused_where_it_is_made(name, value):
    with pytest.raises(ConfigError, match=f"`{name}` must be .* Got {re.escape(repr(value))}"):
        Forecaster(**{"model": "ff-ar", "horizon": 6, name: value})


def test_a_fit_that_fails_leaves_what_was_learnt_before(frame):
    model = Forecaster("seasonal-naive", 6, training=Training(calibration_windows=3)).fit(frame)
    before = model.fitted
    short = frame.groupby("unique_id").head(8)
    with pytest.raises(TrainingError, match="Nothing can be calibrated on"):
        model.fit(short)
    assert model.fitted is before
    with pytest.raises(TrainingError):
        model.calibrate(short)
    assert model.fitted is before


def test_what_was_learnt_is_one_value_that_nobody_changes(fitted):
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted.fitted.facts = None
    copy = fitted.copy()
    assert copy.choices is fitted.choices
    assert copy.learned_ is None
