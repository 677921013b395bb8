"""One predictor behind every door: notebook, batch, REST and MLflow give the same numbers."""

import pandas as pd
import pytest

from forecasting import Forecaster, Training
from tests.conftest import QUICK
from tests.doors import DOORS, Champion, Question, named_back, renamed, require_same_numbers, same, shuffled

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LEVELS = (80.0, 95.0)


@pytest.fixture(scope="module")
def champion(trained):
    return Champion.of(trained, "parity")


def test_paths_give_every_door_the_same_numbers(hourly, tmp_path):
    """Quantiles of drawn paths: the same in the notebook, in batch, by REST and by MLflow."""
    choices = {"context_length": 24, "units": 8, "segment": 4, "decoding": "recursive", "head": "student-t"}
    champion = Champion.of(Forecaster("gru", 6, training=Training(**QUICK), **choices).fit(hourly), "paths")
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
