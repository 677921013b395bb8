"""Traps of forecasting that belong to no single module."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.data.checks.repair import fix
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.data.windows import layout
from tests.conftest import BRIEF, make_frame


def test_a_repair_does_not_extend_a_series_that_ended():
    frame = make_frame(series=2, rows=60)
    ended = frame[(frame["unique_id"] == "s0") | (frame["ds"] < frame["ds"].min() + pd.Timedelta(hours=20))]
    fixed, changes = fix(ended.drop(index=[5]))
    assert fixed.groupby("unique_id")["ds"].max().tolist() == ended.groupby("unique_id")["ds"].max().tolist()
    assert fixed.groupby("unique_id").size().tolist() == [60, 20]
    assert [one["rows"] for one in changes] == [1]


@pytest.mark.parametrize("choices", [{}, {"decoding": "recursive", "head": "point"}], ids=["mimo", "recursive"])
def test_steps_ahead_differ(choices):
    ramp = pd.DataFrame({"ds": np.arange(120), "y": np.arange(120.0)})
    forecaster = Forecaster("gru", 6, 1, season=1, context_length=12, units=8, training=Training(**BRIEF), **choices)
    found = forecaster.fit(ramp).predict()["gru"].to_numpy()
    assert len(np.unique(found)) == 6


def test_one_long_series_does_not_make_the_others_long():
    lengths = [200_000, *[10] * 1000]
    ys = [np.zeros(length) for length in lengths]
    panel = Panel.from_arrays(range(len(ys)), np.zeros(len(ys), int), ys, Frequency.parse(1))
    tracemalloc.start()
    arrays = layout(panel, (), 24)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(arrays.y) == sum(lengths) + 24 * len(lengths)
    assert peak < 100 * len(arrays.y)
