"""One predictor behind every door, with covariates of every kind: known ahead, past-only, static, and holidays."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from tests.conftest import BRIEF, make_frame
from tests.doors import DOORS, Champion, Question, named_back, renamed, require_same_numbers, same, shuffled

H, L = 6, 24
KNOWN, PAST, STATIC = ("temp", "promo"), ("load", "state"), ("size", "kind")


@pytest.fixture(scope="module")
def frame():
    """Two series whose last rows are the future, across a holiday."""
    frame = make_frame(rows=60, missing=0.03)
    frame = frame[frame.groupby("unique_id").cumcount() < 50].reset_index(drop=True)
    rng = np.random.default_rng(0)
    texts = {"promo": ["no", "yes"], "state": ["on", "off", None]}
    covariates = {name: rng.choice(values, len(frame)) for name, values in texts.items()}
    numbers = {
        name: np.where(rng.random(len(frame)) < 0.1, np.nan, rng.normal(0, 1, len(frame))) for name in ("temp", "load")
    }
    first = frame["unique_id"] == "s0"
    ds = frame["ds"] - pd.Timedelta(hours=44)  # 1 January is in the horizon
    statics = {"size": np.where(first, 1.0, 3.0), "kind": np.where(first, "shop", "depot")}
    return frame.assign(ds=ds, **covariates, **numbers, **statics)


def parted(frame):
    """Return the history with all columns, and the future without what nobody can know."""
    rows = frame.groupby("unique_id")["ds"].rank(ascending=False)
    return frame[rows > H], frame[rows <= H][["unique_id", "ds", *KNOWN]]


@pytest.fixture(scope="module")
def champion(frame):
    model = Forecaster(
        "gru", H, context_length=L, segment=6, units=8, head="point", training=Training(**BRIEF), holidays="DE-BY",
        known_covariates=KNOWN, past_covariates=PAST, static_covariates=STATIC,
    )  # fmt: skip
    return Champion.of(model.fit(parted(frame)[0]), "parity-covariates")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("variant", [same, shuffled, renamed], ids=lambda variant: variant.__name__)
def test_every_door_gives_the_predictors_numbers(door, variant, champion, frame, tmp_path):
    history, future = parted(frame)
    found = door(champion, Question(history, future).changed(variant), tmp_path)
    require_same_numbers(named_back(found), champion.forecaster.predict(future=future))


def test_the_holiday_in_the_horizon_counts(champion, frame, monkeypatch):
    trained, future = champion.forecaster, parted(frame)[1]
    expected = trained.predict(future=future)["gru"]
    monkeypatch.setattr("forecasting.data.time.holidays.holidays_between", lambda *years: np.zeros(0, "M8[D]"))
    assert not np.allclose(trained.predict(future=future)["gru"], expected, rtol=1e-4)
