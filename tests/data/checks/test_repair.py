"""Repairs: what comes out is a panel, what was done is recorded, and what takes a person is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.checks.audit import audit, fix
from forecasting.data.panel import Panel
from forecasting.errors import PanelError

pytestmark = pytest.mark.fast


def long_frame(count: int = 20, freq: str = "h", tz: str | None = None, ids: str = "ab") -> pd.DataFrame:
    ds = pd.date_range("2024-03-30 20:00", periods=count, freq=freq, tz=tz, unit="us")
    parts = [
        pd.DataFrame({"unique_id": name, "ds": ds, "y": 100.0 * at + np.arange(count)}) for at, name in enumerate(ids)
    ]
    return pd.concat(parts, ignore_index=True)


def changes_of(frame, freq=None) -> dict[str, tuple[int, str | None, int | None]]:
    return {record["change"]: (record["rows"], record["series"], record["row"]) for record in fix(frame, freq)[1]}


def test_a_clean_frame_is_left_as_it_is():
    frame = long_frame().assign(temp=1.5, note="x")
    fixed, changes = fix(frame)
    pd.testing.assert_frame_equal(fixed, frame, check_dtype=False)
    assert changes == []


def test_rows_are_sorted():
    shuffled = long_frame().sample(frac=1, random_state=1)
    fixed, changes = fix(shuffled)
    pd.testing.assert_frame_equal(fixed, long_frame(), check_dtype=False)
    assert [record["change"] for record in changes] == ["sorted by series and time"]


@pytest.mark.parametrize(
    ("freq", "tz"),
    [("h", None), ("h", "Europe/Berlin"), ("D", "Europe/Berlin"), ("MS", None), ("B", None), ("W-SUN", "UTC")],
)
def test_missing_timestamps_are_inserted_as_missing_values(freq, tz):
    frame = long_frame(60, freq, tz).assign(temp=1.5, note="x")
    fixed, _ = fix(frame.drop([5, 6, 70]))
    assert fixed["ds"].tolist() == frame["ds"].tolist()
    assert fixed["unique_id"].tolist() == frame["unique_id"].tolist()
    assert fixed.index[fixed["y"].isna()].tolist() == [5, 6, 70]
    assert fixed["temp"].isna().sum() == fixed["note"].isna().sum() == 3
    assert changes_of(frame.drop([5, 6, 70]))["inserted missing timestamps"] == (3, "a", 4)
    assert Panel.from_frame(fixed).lengths.tolist() == [60, 60]


def test_integer_steps_are_inserted_too():
    fixed, _ = fix(pd.DataFrame({"ds": [0, 5, 10, 20, 25], "y": [0.0, 1, 2, 4, 5]}))
    assert fixed["ds"].tolist() == [0, 5, 10, 15, 20, 25]
    assert "unique_id" not in fixed.columns


def test_repeated_rows_are_dropped():
    frame = long_frame().assign(note="x")
    twice = pd.concat([frame, frame.iloc[[3, 3, 30]]], ignore_index=True)
    fixed, _ = fix(twice)
    pd.testing.assert_frame_equal(fixed, frame, check_dtype=False)
    assert changes_of(twice)["dropped repeated rows"] == (3, "a", 3)


def test_conflicting_rows_are_averaged():
    frame = long_frame().assign(temp=1.0, note="x")
    other = frame.iloc[[3]].assign(y=13.0, temp=np.nan, note="z")
    fixed, _ = fix(pd.concat([frame, other], ignore_index=True))
    assert fixed.loc[3].tolist() == ["a", frame.loc[3, "ds"], 8.0, 1.0, "x"]
    assert changes_of(pd.concat([frame, other], ignore_index=True))["averaged rows of the same time"] == (1, "a", 3)


def test_rows_that_differ_only_in_another_column_are_averaged_there():
    frame = long_frame().assign(temp=1.0)
    fixed, changes = fix(pd.concat([frame, frame.iloc[[3]].assign(temp=2.0)], ignore_index=True))
    assert fixed.loc[3, "temp"] == 1.5
    assert changes[0]["change"] == "averaged rows of the same time"


def test_integers_which_may_be_codes_of_categories_are_not_averaged():
    frame = long_frame().assign(store=7, temp=1.0)
    fixed, _ = fix(pd.concat([frame, frame.iloc[[3]].assign(store=8, temp=2.0)], ignore_index=True))
    assert fixed.loc[3, "store"] == 7
    assert fixed.loc[3, "temp"] == 1.5


def test_a_missing_value_gives_way_to_an_observed_one_of_the_same_time():
    frame = pd.concat([long_frame(), long_frame().iloc[[3]].assign(y=np.nan)], ignore_index=True)
    assert fix(frame)[0].loc[3, "y"] == 3.0


def test_rows_without_id_or_time_are_dropped():
    frame = long_frame()
    frame.loc[19, "ds"] = pd.NaT
    frame.loc[39, "unique_id"] = None
    fixed, _ = fix(frame)
    assert len(fixed) == 38
    assert changes_of(frame)["dropped rows without id"] == (1, None, 39)
    assert changes_of(frame)["dropped rows without time"] == (1, "a", 19)


def test_infinite_values_become_missing():
    frame = long_frame()
    frame.loc[[4, 5], "y"] = [np.inf, -np.inf]
    fixed, _ = fix(frame)
    assert fixed.index[fixed["y"].isna()].tolist() == [4, 5]
    assert changes_of(frame) == {"made infinite values missing": (2, "a", 4)}


@pytest.mark.parametrize("row", [0, 7, 19])
def test_rows_between_the_points_are_dropped(row):
    frame = long_frame()
    frame.loc[row, "ds"] += pd.Timedelta(minutes=7)
    fixed, _ = fix(frame)
    assert changes_of(frame)["dropped rows between the points of the grid"] == (1, "a", row)
    assert len(fixed) == (40 if row == 7 else 39)
    Panel.from_frame(fixed)


def test_the_local_hours_of_a_year_with_daylight_saving_become_a_panel():
    hours = pd.date_range("2024-01-01", "2025-01-01", freq="h", tz="Europe/Berlin", inclusive="left")
    local = pd.DataFrame({"ds": hours.tz_localize(None), "y": np.arange(8784.0)})
    assert {"duplicate_timestamp", "missing_timestamps"} <= {finding.code for finding in audit(local).errors}
    fixed, changes = fix(local)
    assert [(record["change"], record["rows"]) for record in changes] == [
        ("averaged rows of the same time", 1),
        ("inserted missing timestamps", 1),
    ]
    assert len(Panel.from_frame(fixed).y) == 8784


def test_other_column_names_are_kept():
    names = {"unique_id": "item_id", "ds": "timestamp", "y": "target"}
    frame = long_frame().rename(columns=names).drop([5])
    assert fix(frame)[0].columns.tolist() == list(names.values())


def test_columns_of_any_kind_survive():
    frame = long_frame().assign(
        flag=True, count=3, kind=pd.Categorical(["k"] * 40), tags=[["x"]] * 40, day=pd.Timestamp("2024-01-01")
    )
    twice = pd.concat([frame.drop([5]), frame.iloc[[3]]], ignore_index=True)
    fixed, _ = fix(twice)
    assert fixed.columns.tolist() == frame.columns.tolist()
    assert fixed.loc[3].tolist() == frame.loc[3].tolist()
    assert fixed.loc[5, ["flag", "count", "kind", "tags", "day"]].isna().all()


def test_the_frame_is_not_changed():
    frame = long_frame().sample(frac=1, random_state=1).drop([5])
    frame.loc[4, "y"] = np.inf
    before = frame.copy()
    fix(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_records_are_ready_for_json():
    frame = long_frame().drop([5])
    frame.loc[4, "y"] = np.inf
    assert json.loads(json.dumps(fix(frame)[1])) == fix(frame)[1]


@pytest.mark.parametrize(
    ("frame", "freq", "code"),
    [
        (pd.DataFrame({"ds": [1]}), None, "missing_column"),
        (pd.DataFrame({"ds": ["01/02/2024"], "y": [1.0]}), None, "ds_dtype"),
        (pd.DataFrame({"ds": [1], "y": ["1"]}), None, "y_dtype"),
        (pd.DataFrame({"ds": [1], "y": [1.0]}), None, "freq_unknown"),
        (pd.DataFrame({"ds": pd.to_datetime([None]), "y": [1.0]}), "h", "empty"),
        (pd.concat([long_frame(20, "h", ids="abc"), long_frame(20, "D", ids="d")]), None, "freq_mismatch"),
        (long_frame().head(0), None, "empty"),
    ],
)
def test_what_takes_a_person_is_refused(frame, freq, code):
    with pytest.raises(PanelError) as caught:
        fix(frame, freq)
    assert caught.value.code == code


def test_a_time_far_from_all_others_is_no_gap():
    frame = long_frame()
    frame.loc[19, "ds"] = pd.Timestamp("2999-01-01")
    with pytest.raises(PanelError, match=r"series 'a'.*a wrong time far from the others") as caught:
        fix(frame)
    assert caught.value.code == "missing_timestamps"


times = st.sampled_from(
    [*pd.date_range("2024-01-01", periods=8, freq="h", unit="us"), pd.Timestamp("2024-01-01 00:07"), pd.NaT]
)
rows = st.tuples(st.sampled_from(["a", "b", None]), times, st.sampled_from([0.0, 1.0, -3.5, np.nan, np.inf]))


@settings(max_examples=200, deadline=None)
@given(st.lists(rows, max_size=16), st.sampled_from([None, "h", "2h", "7min"]))
def test_what_was_fixed_is_a_panel_and_fixing_it_again_changes_nothing(content, freq):
    frame = pd.DataFrame(content, columns=["unique_id", "ds", "y"]).astype({"ds": "M8[us]", "y": float})
    try:
        fixed, _ = fix(frame, freq)
    except PanelError:
        return
    assert audit(fixed, freq).errors == ()
    again, changes = fix(fixed, freq)
    pd.testing.assert_frame_equal(again, fixed)
    assert changes == []


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 39), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(gone, random):
    frame = long_frame().drop(sorted(gone))
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**32))
    pd.testing.assert_frame_equal(fix(frame, "h")[0], fix(shuffled, "h")[0])
