"""Plans of repairs: what each action does, that it is the same every time, and that the codes are those of the docs."""

import ast
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.checks.audit import audit
from forecasting.data.checks.codes import CODES, actions_of
from forecasting.data.checks.plan import Plan
from forecasting.data.checks.repair import repair
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, PanelError
from tests.places import ROOT

pytestmark = pytest.mark.fast

NOW = "2024-06-01T00:00:00"


def frame_of(y, start="2024-01-01", freq="h", **columns):
    return pd.DataFrame({"unique_id": "a", "ds": pd.date_range(start, periods=len(y), freq=freq), "y": y, **columns})


def wave(count):
    return 10 + np.sin(np.arange(count) * np.pi / 12)


def repaired(frame, **actions):
    return repair(frame, Plan(now=NOW).having(actions.items()))


def test_the_table_of_the_docs_is_that_of_the_code():
    lines = (ROOT / "docs/data.md").read_text(encoding="utf-8").splitlines()
    rows = [
        [cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines if "| `" in line[:3]
    ]
    found = {row[0]: row[1:] for row in rows if len(row) == 4}
    assert found == {name: [code.severity, code.meaning, ", ".join(code.actions)] for name, code in CODES.items()}


def test_every_code_that_is_said_is_known():
    said = set()
    for path in (ROOT / "forecasting/data").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in ("Finding", "column_error", "_about_rows", "_about_series"):
                said |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    assert len(said) > 15
    assert said <= CODES.keys()


def test_a_plan_survives_its_file_and_refuses_what_it_does_not_know(tmp_path):
    plan = Plan("h", NOW).having([("outliers", "missing")])
    (tmp_path / "plan.json").write_text(plan.to_json())
    assert Plan.read(tmp_path / "plan.json") == plan
    for text in ("{}", "[", '{"version": 2}', '{"version": 1, "hidden": 1}', '{"version": 1, "freq": []}'):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(ConfigError, match="plan"):
            Plan.read(tmp_path / "plan.json")
    with pytest.raises(ConfigError, match="`now` of a plan is no ISO 8601 time"):
        Plan("h", "tomorrow")
    assert Plan("h", "2024-01-01T01:00+01:00").present == Plan("h", "2024-01-01").present
    with pytest.raises(ConfigError, match=r"'outliers' must be one of keep, missing\. Got 'interpolate'"):
        plan.having([("outliers", "interpolate")])
    with pytest.raises(ConfigError, match="a plan can act on y_dtype"):
        plan.having([("constant", "drop")])


@pytest.mark.parametrize(("action", "value"), [("mean", 3.0), ("first", 1.0), ("last", 5.0)])
def test_duplicates_are_resolved_by_the_rule_that_is_stated(action, value):
    frame = pd.concat([frame_of([0.0, 1.0, 2.0, 3.0]), frame_of([5.0], "2024-01-01T01")], ignore_index=True)
    found = repaired(frame, duplicate_timestamp=action)
    assert found.frame["y"].tolist() == [0.0, value, 2.0, 3.0]
    (change,) = [one for one in found.changes if one["code"] == "duplicate_timestamp"]
    assert (change["action"], change["rows"], change["places"][0]["time"]) == (action, 1, "2024-01-01T01:00")
    with pytest.raises(PanelError, match="repeat the time"):
        repaired(frame, duplicate_timestamp="refuse")


def test_leading_zeros_go_where_that_was_decided():
    frame = frame_of([0.0, 0.0, np.nan, 0.0, *wave(20)])
    assert "leading_zeros" not in {one["code"] for one in repaired(frame).changes}
    assert repaired(frame, leading_zeros="missing").frame["y"].isna().sum() == 4
    dropped = repaired(frame, leading_zeros="drop")
    assert len(dropped.frame) == 20
    assert [(one["code"], one["rows"]) for one in dropped.changes] == [("leading_zeros", 4)]


def test_outliers_of_a_season_become_missing_and_true_peaks_stay():
    y = 100 + 90 * np.sin(np.arange(24 * 20) * np.pi / 12) + np.random.default_rng(0).normal(0, 1, 480)
    y[100] += 40  # far from its hour, and within the range of the day
    found = repaired(frame_of(y), outliers="missing")
    assert np.flatnonzero(found.frame["y"].isna()).tolist() == [100]
    assert audit(frame_of(y), now=NOW).per_series.loc[0, "outliers"] == 1


def test_rows_in_the_future_are_found_by_a_time_that_the_plan_keeps():
    frame = frame_of(wave(48), "2024-05-31T00")
    (finding,) = [one for one in audit(frame, now="2024-05-31T06:00").findings if one.code == "future_dates"]
    assert (finding.count, finding.places[0].time) == (27, "2024-05-31T21:00")  # 14 hours are the farthest zone's
    aware = frame.assign(ds=frame["ds"].dt.tz_localize("UTC"))
    (finding,) = [one for one in audit(aware, now="2024-05-31T06:00").findings if one.code == "future_dates"]
    assert finding.count == 41
    found = repair(frame, Plan(now="2024-05-31T06:00").having([("future_dates", "drop")]))
    assert len(found.frame) == 21
    assert found.plan.now == "2024-05-31T06:00"
    assert repair(frame, Plan()).plan.now is not None


def test_texts_among_the_numbers_are_named_and_become_missing_on_demand():
    frame = frame_of(["1", "2", "n/k", "4", "-", "6", "7", "8"])
    (finding,) = audit(frame).errors
    assert (finding.code, finding.count, finding.row) == ("y_dtype", 2, 2)
    assert "'n/k', '-' in 2 of 8 rows" in finding.message
    with pytest.raises(PanelError):
        repaired(frame)
    found = repaired(frame, y_dtype="missing")
    np.testing.assert_array_equal(found.frame["y"], [1, 2, np.nan, 4, np.nan, 6, 7, 8])
    assert [(one["code"], one["rows"], one["row"]) for one in found.changes] == [("y_dtype", 2, 2)]


def test_times_that_cannot_be_read_are_reported_and_dropped_on_demand():
    frame = frame_of(wave(6)).astype({"ds": str}).replace({"ds": {"2024-01-01 05:00:00": "31.12.2024"}})
    assert [one.code for one in audit(frame).errors] == ["ds_dtype"]
    with pytest.raises(PanelError, match="ISO-8601"):
        repaired(frame)
    found = repaired(frame, ds_dtype="drop")
    assert len(found.frame) == 5
    assert found.changes[0]["places"][0]["row"] == 5


def test_a_wall_clock_with_daylight_saving_is_recognised():
    hours = pd.date_range("2024-01-01", "2025-01-01", freq="h", tz="America/New_York", inclusive="left")
    local = pd.DataFrame({"ds": hours.tz_localize(None), "y": wave(len(hours))})
    found = {one.code: one for one in audit(local, now="2026-01-01").findings}
    assert found["local_clock"].places[0].time == "2024-11-03T01:00"
    assert "local_clock" not in {one.code for one in audit(local.assign(ds=hours), now="2026-01-01").findings}
    gap = frame_of(wave(100)).drop([50])
    assert "local_clock" not in {one.code for one in audit(gap).findings}


times = st.sampled_from(
    [*pd.date_range("2024-01-01", periods=30, freq="h", unit="us"), pd.Timestamp("2024-01-01 00:07"), pd.NaT]
)
rows = st.tuples(
    st.sampled_from(["a", "b", None]), times, st.sampled_from([0.0, 0.0, 1.0, 2.0, -3.5, 1e6, np.nan, np.inf])
)
plans = st.fixed_dictionaries({code: st.sampled_from(actions_of(code)) for code in CODES if actions_of(code)})


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=40), plans)
def test_the_same_plan_does_the_same_again_and_leaves_what_it_did_alone(content, actions):
    frame = pd.DataFrame(content, columns=["unique_id", "ds", "y"]).astype({"ds": "M8[us]", "y": float})
    try:
        first = repair(frame, Plan("h", NOW, actions))
    except PanelError:
        return
    kept = Plan.from_dict(json.loads(first.plan.to_json()))
    pd.testing.assert_frame_equal(repair(frame, kept).frame, first.frame)
    if len(first.frame) == 0:
        return
    again = repair(first.frame, kept)
    pd.testing.assert_frame_equal(again.frame, first.frame)
    assert again.changes == []
    Panel.from_frame(first.frame, "h")
    observed = frame.loc[np.isfinite(frame["y"]), "y"]
    if actions["duplicate_timestamp"] != "mean":  # no number appears that was not there
        assert set(first.frame["y"].dropna()) <= set(observed)
