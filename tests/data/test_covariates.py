"""Covariates at the border: aligned by id and time, never by position, and every mistake with its place."""

import dataclasses
import logging

import numpy as np
import pandas as pd
import pytest

from forecasting.config.task import Task
from forecasting.data.covariates import covariate_kinds, encode_covariates
from forecasting.data.future import future_frame, panel_for, with_known_future
from forecasting.data.panel import Panel
from forecasting.data.windows import layout
from forecasting.errors import ConfigError, PanelError
from tests.conftest import make_frame

pytestmark = pytest.mark.fast

H = 4
TASK = Task(
    H, 8, "h", (24,), known_covariates=(("temp", ()), ("promo", ("no", "yes"))), past_covariates=(("load", ()),)
)


@pytest.fixture
def frame():
    """Three series of different length; the covariates say which row they are."""
    frame = make_frame(series=3, rows=30)
    number = frame.index.to_numpy()
    return frame.assign(temp=number * 1.0, promo=np.where(number % 3 == 0, "yes", "no"), load=-1.0 * number)


def parted(frame, rows=H):
    """Return history and future of a frame: the last rows of each series are the future."""
    last = frame.groupby("unique_id").tail(rows).index
    return frame.drop(index=last), frame.loc[last].drop(columns=["y", "load"])


def test_columns_follow_their_rows_whatever_the_order(frame):
    panel = panel_for(frame.sample(frac=1, random_state=0), TASK)
    np.testing.assert_array_equal(panel.covariates.known["temp"], frame["temp"])
    assert list(panel.covariates.known["promo"]) == list(frame["promo"])
    part = panel.select(np.array([2, 1])).tail(5)
    expected = pd.concat([one.tail(5) for _, one in reversed(list(frame[23:].groupby("unique_id")))][:2])
    assert set(part.covariates.past["load"]) == set(expected["load"])


def test_the_future_is_placed_by_id_and_time(frame, caplog):
    caplog.set_level(logging.INFO, "forecasting")
    history, future = parted(frame)
    more = future.assign(unique_id="stranger"), future.assign(ds=future["ds"] + pd.Timedelta(days=9))
    mixed = pd.concat([future, *more]).sample(frac=1, random_state=1)
    panel = with_known_future(panel_for(history, TASK), TASK, None, mixed)
    assert panel.covariates.ahead == H
    np.testing.assert_array_equal(panel.covariates.known["temp"], frame["temp"])
    assert list(panel.covariates.known["promo"]) == list(frame["promo"])
    assert "24 rows of the future are not needed" in caplog.text


def test_rows_without_y_at_the_end_are_the_future(frame):
    history, future = parted(frame)
    unfinished = frame.assign(y=frame["y"].where(frame.index.isin(history.index)))
    found = with_known_future(panel_for(unfinished, TASK), TASK, None, None)
    given = with_known_future(panel_for(history, TASK), TASK, None, future)
    np.testing.assert_array_equal(found.y, given.y)
    np.testing.assert_array_equal(found.covariates.known["temp"], given.covariates.known["temp"])
    np.testing.assert_array_equal(found.covariates.past["load"], given.covariates.past["load"])


def test_what_is_missing_is_named(frame):
    history, future = parted(frame)
    panel = panel_for(history, TASK)
    wanted = future_frame(panel, H)
    pd.testing.assert_frame_equal(wanted, future[["unique_id", "ds"]].reset_index(drop=True), check_dtype=False)
    short = future.drop(index=[future.index[1], future.index[H]])
    with pytest.raises(PanelError, match="lack 2 of the 12 rows") as caught:
        with_known_future(panel, TASK, None, short)
    assert caught.value.code == "future_missing"
    assert f"('s0', {future['ds'].iloc[1].isoformat()[:16]})" in str(caught.value)
    with pytest.raises(PanelError, match="12 of the 12 rows"):
        with_known_future(panel, TASK, None, None)


@pytest.mark.parametrize("hour", [0, 1])
def test_the_future_of_a_day_whose_midnight_the_clock_skips(hour):
    ds = pd.date_range("2024-04-01", "2024-04-25", freq="D") + pd.Timedelta(hours=hour)
    history = pd.DataFrame({"unique_id": "s", "ds": ds.tz_localize("Africa/Cairo"), "y": 1.0, "temp": 2.0})
    task = Task(1, 8, "D", (7,), known_covariates=(("temp", ()),))
    panel = panel_for(history, task)
    future = future_frame(panel, 1).assign(temp=3.0)
    assert future["ds"][0].isoformat() == "2024-04-26T01:00:00+03:00"
    assert with_known_future(panel, task, None, future).covariates.known["temp"][-1] == 3.0


@pytest.mark.parametrize("freq", ["h", 1])
@pytest.mark.parametrize("as_type", [object, None])
def test_a_future_without_rows_lacks_all_of_them(frame, freq, as_type):
    history, future = parted(frame if freq == "h" else frame.assign(ds=frame.groupby("unique_id").cumcount()))
    task = dataclasses.replace(TASK, freq=freq)
    empty = future.head(0) if as_type is None else future.head(0).astype(as_type)
    with pytest.raises(PanelError, match="lack 12 of the 12 rows") as caught:
        with_known_future(panel_for(history, task), task, None, empty)
    assert caught.value.code == "future_missing"


def test_a_time_where_steps_are_integers_is_named(frame):
    history, future = parted(frame.assign(ds=frame.groupby("unique_id").cumcount()))
    task = dataclasses.replace(TASK, freq=1)
    with pytest.raises(PanelError, match=r"has no integer step in row 0\. Got '2024-01-01"):
        with_known_future(panel_for(history, task), task, None, future.assign(ds=pd.Timestamp("2024-01-01")))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: pd.concat([f, f.head(1)]), "duplicate_timestamp"),
        (lambda f: f.assign(ds=f["ds"].dt.tz_localize("UTC")), "timezone_mismatch"),
        (lambda f: f.assign(ds=range(len(f))), "ds_dtype"),
        (lambda f: f.assign(temp="warm"), "covariate_kind"),
        (lambda f: f.assign(temp=np.inf), "covariate_infinite"),
        (lambda f: f.drop(columns="promo"), "missing_column"),
        (lambda f: f.drop(columns="unique_id"), "missing_column"),
    ],
)
def test_a_future_that_means_nothing_is_refused(frame, change, code):
    history, future = parted(frame)
    with pytest.raises(PanelError) as caught:
        with_known_future(panel_for(history, TASK), TASK, None, change(future))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.assign(load=f["load"].where(f.index != 25, np.inf)), "covariate_infinite"),
        (lambda f: f.assign(temp=f["ds"]), "covariate_dtype"),
        (lambda f: f.drop(columns="load"), "missing_column"),
        (lambda f: pd.concat([f, f[["load"]]], axis=1), "duplicate_column"),
    ],
)
def test_a_history_that_means_nothing_is_refused(frame, change, code):
    with pytest.raises(PanelError) as caught:
        panel_for(change(frame), TASK)
    assert caught.value.code == code
    if code == "covariate_infinite":
        assert (caught.value.series, caught.value.row) == (frame["unique_id"][25], 25)


def test_times_of_a_zone_meet_by_their_instant(frame):
    history, future = parted(frame)
    berlin, utc = (
        one.assign(ds=one["ds"].dt.tz_localize("UTC").dt.tz_convert(zone))
        for one, zone in ((history, "Europe/Berlin"), (future, "UTC"))
    )
    panel = with_known_future(panel_for(berlin, TASK), TASK, None, utc)
    np.testing.assert_array_equal(panel.covariates.known["temp"], frame["temp"])


def test_codes_say_unseen_and_missing_apart(caplog):
    texts = np.array(["b", None, "new", "a"], object)
    codes = encode_covariates(
        {"kind": texts, "size": np.array([1.0, np.nan, 3, 4])}, (("kind", ("a", "b")), ("size", ()))
    )
    np.testing.assert_array_equal(codes, [[2, 1], [np.nan, np.nan], [0, 3], [1, 4]])
    assert "'new'" in caplog.text
    empty = encode_covariates({"kind": np.full(2, np.nan)}, (("kind", ("a",)),))
    assert np.isnan(empty).all()
    with pytest.raises(PanelError, match="must be a number"):
        encode_covariates({"size": texts}, (("size", ()),))
    with pytest.raises(PanelError, match="at most 10000"):
        covariate_kinds({"id": np.array([str(n) for n in range(10_001)], object)})


def test_truth_values_are_numbers_and_nothing_is_missing(frame):
    task = Task(H, 8, "h", (24,), known_covariates=(("flag", ()), ("word", ("x",))))
    panel = panel_for(
        frame.assign(flag=frame["temp"] > 5, word=["x", ""] * (len(frame) // 2) + ["x"] * (len(frame) % 2)), task
    )
    assert set(panel.covariates.known["flag"]) == {0.0, 1.0}
    assert set(panel.covariates.known["word"]) == {"x", None}


def test_the_layout_holds_no_past_only_value_after_the_end(frame):
    panel = with_known_future(
        panel_for(frame.iloc[:50], TASK),
        TASK,
        1,
        future_frame(panel_for(frame.iloc[:50], TASK), 1).assign(temp=7.0, promo="yes"),
    )
    arrays = layout(panel, (), 2, TASK.covariate_kinds)
    for s, last in enumerate(arrays.last):
        ahead = arrays.known[last + 1 : last + 3]
        np.testing.assert_array_equal(ahead[0], [7.0, 2.0, np.nan])
        assert np.isnan(ahead[1]).all()
        rows = arrays.known[arrays.first[s] : last + 1]
        np.testing.assert_array_equal(rows[:, 0], -rows[:, 2])


def test_the_fingerprint_reads_covariates(frame):
    prints = {panel_for(one, TASK).fingerprint() for one in (frame, frame.assign(load=0.0), frame.assign(promo="no"))}
    assert len(prints) == 3
    assert Panel.from_frame(frame).fingerprint() == Panel.from_frame(frame[["unique_id", "ds", "y"]]).fingerprint()


def test_a_name_may_be_used_once():
    with pytest.raises(ConfigError, match="named once"):
        Task(H, 8, "h", (24,), known_covariates=(("temp", ()),), past_covariates=(("temp", ()),))
    with pytest.raises(ConfigError, match="named once"):
        Task(H, 8, "h", (24,), known_covariates=(("y", ()),))
