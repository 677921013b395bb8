"""Which past steps a forecast looked at."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.errors import ConfigError
from forecasting.plots import attention_map
from tests.conftest import BRIEF, make_frame

L, H, SEGMENT = 24, 6, 4


@pytest.fixture(scope="module")
def frame():
    return make_frame(series=2, rows=120)


@pytest.fixture(scope="module")
def forecaster(frame):
    training = Training(**BRIEF)
    return Forecaster("attention", H, context_length=L, units=8, segment=SEGMENT, training=training).fit(frame)


def test_every_step_ahead_shares_its_attention_among_the_tokens_of_the_context(forecaster, frame):
    weights = forecaster.attention()
    assert list(weights.columns) == ["unique_id", "ds", "seen", "weight"]
    assert len(weights) == 2 * H * L // SEGMENT
    assert (weights["weight"] > 0).all()
    np.testing.assert_allclose(weights.groupby(["unique_id", "ds"])["weight"].sum(), 1, rtol=1e-5)


def test_what_was_seen_is_the_newest_step_of_a_token(forecaster, frame):
    for name, rows in forecaster.attention().groupby("unique_id"):
        end = frame.loc[frame["unique_id"] == name, "ds"].max()
        expected = [end - pd.Timedelta(hours=SEGMENT * back) for back in range(L // SEGMENT)][::-1]
        assert sorted(set(rows["seen"])) == expected
        assert sorted(set(rows["ds"])) == [end + pd.Timedelta(hours=step) for step in range(1, H + 1)]


def test_steps_of_one_token_look_at_the_same(forecaster):
    one = (
        forecaster.attention()
        .query("unique_id == unique_id.iloc[0]")
        .pivot(index="ds", columns="seen", values="weight")
    )
    np.testing.assert_array_equal(one.iloc[0], one.iloc[SEGMENT - 1])
    assert not np.array_equal(one.iloc[0], one.iloc[SEGMENT])


def test_tokens_before_a_short_series_are_left_out(forecaster, frame):
    short = frame[frame["unique_id"] == frame["unique_id"].iloc[0]].iloc[-10:]
    seen = forecaster.attention(short)["seen"]
    assert seen.min() >= short["ds"].min()
    assert seen.nunique() == 3


def test_a_changed_past_moves_the_attention(forecaster, frame):
    changed = frame.assign(y=frame["y"][::-1].to_numpy())
    assert not np.allclose(forecaster.attention()["weight"], forecaster.attention(changed)["weight"])


def test_a_model_without_attention_says_so(frame):
    model = Forecaster("naive", H).fit(frame)
    with pytest.raises(ConfigError, match="has no attention"):
        model.attention()


def test_the_picture_has_a_cell_per_step_and_token(forecaster):
    weights = forecaster.attention()
    figure = attention_map(weights[weights["unique_id"] == weights["unique_id"].iloc[0]])
    assert figure.axes[0].images[0].get_array().shape == (H, L // SEGMENT)


def test_many_series_are_read_in_chunks(forecaster, frame, monkeypatch):
    at_once = forecaster.attention()
    monkeypatch.setattr("forecasting.network.graphs.CHUNK", 1)
    pd.testing.assert_frame_equal(forecaster.attention(), at_once)
