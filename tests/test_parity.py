"""One predictor behind every door: notebook, batch, REST and MLflow give the same numbers."""

import pandas as pd
import pytest

from forecasting import Forecaster, Training
from tests.conftest import BRIEF
from tests.doors import DOORS, Champion, Question, named_back, renamed, require_same_numbers, same, shuffled

LEVELS = (80.0, 95.0)


@pytest.fixture(scope="module")
def champion(trained):
    return Champion.of(trained, "parity")


PATHS = {"model": "gru", "units": 8, "segment": 4, "decoding": "recursive", "head": "student-t"}
ENSEMBLE = {"model": "ensemble", "members": "ar+ff-ar:units=4+gru:units=4;segment=4"}


@pytest.mark.parametrize("choices", [PATHS, ENSEMBLE], ids=["paths", "ensemble"])
def test_what_is_more_than_one_network_gives_every_door_the_same_numbers(choices, hourly, tmp_path):
    """Quantiles of drawn paths, and of several models averaged: the same in notebook, batch, REST and MLflow."""
    fitted = Forecaster(horizon=6, context_length=24, training=Training(**BRIEF), **choices).fit(hourly)
    champion = Champion.of(fitted, choices["model"])
    expected = champion.forecaster.predict(level=LEVELS)
    for door in DOORS:
        require_same_numbers(door(champion, Question(hourly, level=LEVELS), tmp_path), expected, rtol=1e-5)


def longer(frame):
    """The same series with older rows before them, beyond the context."""
    older = frame.groupby("unique_id").head(60)
    return pd.concat([older.assign(ds=older["ds"] - pd.Timedelta(hours=60), y=1000.0), frame], ignore_index=True)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("variant", [same, shuffled, renamed, longer], ids=lambda variant: variant.__name__)
def test_every_door_gives_the_predictors_numbers(door, variant, champion, hourly, tmp_path):
    found = door(champion, Question(hourly, level=LEVELS).changed(variant), tmp_path)
    require_same_numbers(named_back(found), champion.forecaster.predict(level=LEVELS))
