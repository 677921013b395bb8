"""The shipped data is what its description says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.data.panel import Panel
from forecasting.data.samples import SAMPLES, load_sample
from forecasting.errors import ForecastingError

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_a_panel(name):
    frame = load_sample(name)
    assert frame.columns[:3].tolist() == ["unique_id", "ds", "y"]
    assert len(Panel.from_frame(frame).y) == len(frame)


def test_traffic_is_two_years_of_hours_with_weather():
    frame = load_sample("traffic")
    assert frame["unique_id"].unique().tolist() == ["traffic"]
    assert len(frame) == 17_520
    assert frame.columns[3:].tolist() == ["temp", "rain_1h", "snow_1h", "clouds_all", "weather_main"]
    assert frame.drop(columns=["unique_id", "ds"]).isna().sum().tolist() == [104] * 6
    assert Panel.from_frame(frame).frequency.alias == "h"


def test_pageviews_are_eight_years_of_days_of_20_pages():
    frame = load_sample("pageviews")
    panel = Panel.from_frame(frame)
    assert panel.n_series == 20
    assert panel.frequency.alias == "D"
    assert frame["ds"].min() == pd.Timestamp("2017-01-01")
    assert frame["ds"].max().year == 2024
    assert not frame["y"].isna().any()


def test_sine_is_the_same_on_every_call():
    frame = load_sample("sine")
    pd.testing.assert_frame_equal(frame, load_sample("sine"))
    assert len(frame) == 1000
    residual = frame["y"] - np.sin(0.01 * frame["ds"])
    assert abs(residual.std() - 0.2) < 0.01


def test_a_sample_may_be_changed_by_its_caller():
    frame = load_sample("sine")
    frame.loc[0, "y"] = 99.0
    assert load_sample("sine").loc[0, "y"] < 2


def test_an_unknown_sample_is_refused_with_the_known_ones():
    with pytest.raises(
        ForecastingError, match=r"Unknown sample 'moon'. Known samples: traffic, pageviews, sine"
    ) as caught:
        load_sample("moon")
    assert caught.value.code == "unknown_sample"


def test_the_sources_of_the_files_are_named():
    from importlib.resources import files

    text = (files("forecasting.data") / "files" / "README.md").read_text()
    for needed in ("10.24432/C5X60B", "John Hogue", "CC BY 4.0", "Wikimedia", "CC0", "autots 1.0.4", "Colin Catlin"):
        assert needed in text
