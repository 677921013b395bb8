"""What users of forecasting libraries complain about, where the answer belongs to no single module."""

import gc
import json
import os
import subprocess
import sys
import tracemalloc
from functools import cache

import keras
import numpy as np
import pandas as pd
import psutil
import pytest

from forecasting import Forecaster, Training
from forecasting.data.panel import Panel
from forecasting.errors import RequestError
from tests.conftest import BRIEF, make_frame
from tests.places import ROOT

#: Bytes that a call may leave behind, in Python's own memory and in all of the process.
PYTHON_BYTES_A_CALL = 100
PROCESS_BYTES_A_CALL = 4096


@pytest.fixture(scope="module")
def panel(hourly):
    return Panel.from_frame(hourly)


@cache
def learnt():
    """A frame, and a forecaster that was fitted on it; not to be changed."""
    frame = make_frame(rows=120)
    return frame, small().fit(frame)


def small(**training):
    return Forecaster("ff-ar", 6, context_length=24, units=8, width=4, training=Training(**(BRIEF | training)))


def test_predicting_again_and_again_leaves_no_memory_behind(trained, panel):
    def ask(times):
        for number in range(times):  # no two calls after each other have the same shape
            trained.predictor.predict_panel(
                panel.tail(20 + number % 50), trained.predictor.question(1 + number % 12, quantile_levels=(0.1, 0.9))
            )

    def memory():
        gc.collect()
        return tracemalloc.get_traced_memory()[0], psutil.Process().memory_info().rss

    calls = 50  # one of each length
    ask(calls)
    tracemalloc.start()
    rounds = [memory()]
    for _ in range(5):
        ask(calls)
        rounds.append(memory())
    tracemalloc.stop()
    # What leaks grows in every round: one in which hardly anything grew is enough to say that nothing leaks.
    of_python, of_process = np.diff(rounds, axis=0).min(axis=0) / calls
    assert of_python < PYTHON_BYTES_A_CALL
    assert of_process < PROCESS_BYTES_A_CALL


def test_no_forecast_goes_through_keras_s_predict(trained, hourly, monkeypatch):
    expected = trained.predict(hourly, level=[80])
    for name in ("predict", "predict_on_batch", "evaluate", "make_predict_function"):
        monkeypatch.setattr(keras.Model, name, lambda *_, **__: pytest.fail("the trainer's machinery was used"))
    pd.testing.assert_frame_equal(trained.predict(hourly, level=[80]), expected)


def test_a_backtest_without_refit_is_one_pass_and_its_memory_has_a_bound(trained, hourly, monkeypatch, tmp_path):
    loaded = Forecaster.load(trained.save(tmp_path / "model"))
    expected = loaded.backtest(hourly, windows=5)
    sizes, graph = [], loaded.predictor.compiled

    def counted(y, known, statics, origins, firsts):
        sizes.append(len(origins))
        return graph(y, known, statics, origins, firsts)

    monkeypatch.setattr(loaded.predictor, "compiled", counted)
    loaded.backtest(hourly, windows=5)
    assert sizes == [10]  # two series, five origins each
    monkeypatch.setattr(loaded.predictor, "chunk", 4)
    chunked = loaded.backtest(hourly, windows=5)
    assert sizes[1:] == [4, 4, 2]
    pd.testing.assert_frame_equal(chunked, expected, rtol=1e-6)


def test_some_series_are_forecast_as_they_are_among_all(trained, hourly):
    everything = trained.predict(hourly, level=[80])
    one = everything[everything["unique_id"] == "s1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(trained.predict(hourly, level=[80], ids=["s1"]), one, rtol=1e-6)
    pd.testing.assert_frame_equal(trained.predict(level=[80], ids="s1"), one, rtol=1e-6)  # of the history of `fit`
    for ids, named in ((["s1", "nobody"], "no series 'nobody'"), ([], "names none")):
        with pytest.raises(RequestError, match=named) as raised:
            trained.predict(hourly, ids=ids)
        assert (raised.value.code, raised.value.field) == ("series_unknown", "ids")


def test_losses_are_in_scaled_units_and_errors_in_those_of_the_data():
    frame = make_frame(rows=120)
    history, thousandfold = (
        small(validation_windows=4, refit=False).fit(one).learned_.history
        for one in (frame, frame.assign(y=1000 * frame["y"]))
    )
    for row, other in zip(history, thousandfold, strict=True):
        assert set(row) == {"step", "loss", "val_loss", "val_mae"}
        assert other["loss"] == pytest.approx(row["loss"], rel=1e-3)
        assert other["val_loss"] == pytest.approx(row["val_loss"], rel=1e-3)
        assert other["val_mae"] == pytest.approx(1000 * row["val_mae"], rel=1e-3)


def test_forecasters_share_nothing():
    frame, first = learnt()
    alone = first.predict()
    small().fit(frame.assign(y=-3 * frame["y"]))  # of the same defaults, an optimizer among them
    pd.testing.assert_frame_equal(first.predict(), alone)
    pd.testing.assert_frame_equal(first.copy().fit(frame).predict(), alone)


def test_a_forecast_asked_in_between_changes_no_later_one(trained, hourly):
    other = make_frame(series=3, rows=90, seed=5)
    expected = trained.predict(hourly)
    trained.predict(other)
    with pytest.raises(RequestError):
        trained.predict(other.assign(y=np.nan))
    pd.testing.assert_frame_equal(trained.predict(hourly), expected)


def test_it_works_where_nothing_can_be_written_and_repeats_itself_in_another_process(tmp_path):
    """The working directory is gone, which nobody can write into, root neither; the home folder cannot be made."""
    frame, here = learnt()
    frame.to_parquet(tmp_path / "frame.parquet")
    code = f"""
import os, pandas as pd
os.mkdir("gone"); os.chdir("gone"); os.rmdir(os.getcwd())
from forecasting import Forecaster, Training
frame = pd.read_parquet({str(tmp_path / "frame.parquet")!r})
made = Forecaster("ff-ar", 6, context_length=24, units=8, width=4, training=Training(**{BRIEF!r}))
made.backtest(frame, windows=2)
found = made.fit(frame).predict()["ff-ar"].tolist()
loaded = Forecaster.load(made.save({str(tmp_path / "model")!r}))
assert loaded.predict(frame)["ff-ar"].tolist() == found
print(found)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FORECAST_HOME": "/proc/no/home", "HOME": "/proc/no/home"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frame.parquet", "model"]
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, here.predict()["ff-ar"], rtol=1e-6)
