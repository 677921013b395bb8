"""The audit says everything that is wrong at once, and never raises for what is in a frame."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.checks.audit import PER_SERIES, audit
from forecasting.data.panel import Panel
from forecasting.errors import PanelError

pytestmark = pytest.mark.fast


def long_frame(**series: list[float]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"unique_id": name, "ds": pd.date_range("2024-01-01", periods=len(y), freq="D", unit="us"), "y": y}
        )
        for name, y in series.items()
    ]
    return pd.concat(parts, ignore_index=True)


def wave(count: int) -> list[float]:
    return (10 + np.sin(np.arange(count))).tolist()


def codes(frame, freq=None, severity=None) -> list[str]:
    return [found.code for found in audit(frame, freq).findings if severity in (None, found.severity)]


def test_a_clean_frame_has_no_findings():
    result = audit(long_frame(a=wave(50), b=wave(50)))
    assert result.findings == result.errors == ()
    assert (result.n_series, result.n_rows) == (2, 100)
    assert result.frequency is not None
    assert result.frequency.alias == "D"


def test_all_errors_are_found_at_once():
    frame = long_frame(a=wave(50), b=wave(50)).drop([20, 70])
    frame.loc[5, "y"] = np.inf
    frame.loc[60, "unique_id"] = None
    frame.loc[30, "ds"] = pd.NaT
    frame.loc[40, "ds"] = frame.loc[41, "ds"]
    frame.loc[90, "ds"] += pd.Timedelta(hours=3)
    assert sorted(codes(frame, severity="error")) == [
        "ds_missing",
        "duplicate_timestamp",
        "id_missing",
        "missing_timestamps",
        "off_grid",
        "y_infinite",
    ]


def test_a_finding_says_where_in_the_callers_frame():
    frame = long_frame(b=wave(50), a=wave(50)).iloc[::-1].reset_index(drop=True)
    frame.loc[7, "y"] = np.inf
    (finding,) = audit(frame).errors
    assert (finding.series, finding.row, finding.count, finding.field) == ("a", 7, 1, "y")


def test_the_panel_raises_the_first_error_of_the_audit():
    frame = long_frame(a=wave(50)).drop([20])
    frame.loc[5, "y"] = np.inf
    first = audit(frame).errors[0]
    with pytest.raises(PanelError) as caught:
        Panel.from_frame(frame)
    assert (caught.value.code, caught.value.series, caught.value.row) == (first.code, first.series, first.row)
    assert str(caught.value) == f"{first.message} Fix: {first.fix}"


@pytest.mark.parametrize(
    ("series", "code", "count"),
    [
        ({"a": [*wave(30), np.nan, np.nan]}, "missing_values", 2),
        ({"a": [np.nan] * 30, "b": wave(30)}, "no_values", 1),
        ({"a": [5.0] * 30, "b": wave(30)}, "constant", 1),
        ({"a": [0.0] * 10 + wave(30)}, "leading_zeros", 1),
        ({"a": [*wave(50), 1000.0, *wave(50)]}, "outliers", 1),
        ({"a": wave(13), "b": wave(14)}, "short_series", 1),
        ({"a": [*wave(30), -1.0]}, "negative", 1),
        ({"a": wave(30), "b": wave(20), "c": wave(29)}, "ended_early", 2),
    ],
)
def test_what_deserves_a_look_is_found(series, code, count):
    found = [finding for finding in audit(long_frame(**series)).findings if finding.code == code]
    assert [finding.count for finding in found] == [count]
    assert found[0].severity != "error"
    assert found[0].message
    assert found[0].fix
    Panel.from_frame(long_frame(**series))


@pytest.mark.parametrize(
    ("series", "code"),
    [
        ({"a": [0.0, 0.0, *wave(30)]}, "leading_zeros"),
        ({"a": [0.0] * 30}, "leading_zeros"),
        ({"a": [0.0] * 4 + wave(60)}, "leading_zeros"),
        ({"a": [np.nan] * 10 + wave(30)}, "leading_zeros"),
        ({"a": [0.0] * 30 + [1.0] + [0.0] * 30}, "outliers"),
        ({"a": [np.nan] * 30}, "constant"),
        ({"a": [3.0], "b": wave(30)}, "constant"),
    ],
)
def test_what_only_looks_like_trouble_is_left_alone(series, code):
    assert code not in codes(long_frame(**series), "D")


def test_mixed_time_zones_are_a_warning():
    texts = ["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"]
    frame = pd.DataFrame({"ds": texts, "y": [1.0, 2.0, 3.0]})
    (finding,) = [finding for finding in audit(frame).findings if finding.code == "mixed_time_zones"]
    assert finding.severity == "warning"
    assert "UTC+01:00, UTC+02:00" in finding.message


def test_errors_come_before_warnings_and_warnings_before_information():
    frame = long_frame(a=[*wave(30), np.nan, -1.0], b=wave(20)).drop([3])
    severities = [finding.severity for finding in audit(frame).findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert set(severities) == {"error", "warning", "info"}


def test_every_series_has_its_line():
    frame = long_frame(a=[1.0, np.nan, 3.0, 4.0, 5.0], b=[np.nan, np.nan]).drop([3])
    table = audit(frame).per_series
    assert tuple(table.columns) == PER_SERIES
    first = table.iloc[0]
    assert first.tolist()[:2] == ["a", 4]
    assert (first["missing"], first["gaps"], first["min"], first["max"], first["mean"]) == (1, 1, 1.0, 5.0, 3.0)
    assert first["end"] == pd.Timestamp("2024-01-05")
    assert table.iloc[1][["min", "max", "mean"]].isna().all()


@pytest.mark.parametrize("freq", ["h", "D"])
def test_times_per_series_are_in_the_callers_zone(freq):
    ds = pd.date_range("2024-03-30", periods=5, freq=freq, tz="Europe/Berlin", unit="us")
    table = audit(pd.DataFrame({"ds": ds, "y": 1.0})).per_series
    assert table.loc[0, "start"] == ds[0]
    assert table.loc[0, "end"] == ds[4]
    assert str(table["start"].dt.tz) == "Europe/Berlin"


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"ds": [], "y": []}),
        pd.DataFrame({"ds": [pd.NaT], "y": [1.0]}),
        pd.DataFrame({"ds": ["x", "y"], "y": [1.0, 2.0]}),
        pd.DataFrame({"ds": [1], "y": ["x"]}),
        pd.DataFrame({"ds": [1], "y": [np.nan]}),
        pd.DataFrame({"unique_id": [None], "ds": [1], "y": [1.0]}),
        long_frame(a=[1.0], b=[2.0]),
        None,
    ],
)
def test_no_frame_makes_the_audit_raise(frame):
    result = audit(frame)
    assert result.errors
    json.dumps(result.to_dict(), allow_nan=False)


def test_the_audit_is_ready_for_json():
    frame = long_frame(a=[*wave(30), np.nan], b=wave(20)).drop([3])
    values = json.loads(json.dumps(audit(frame).to_dict(), allow_nan=False))
    assert values["ok"] is False
    assert values["frequency"] == "D"
    assert values["findings"][0]["code"] == "missing_timestamps"
    assert json.loads(json.dumps(audit(long_frame(a=wave(30))).to_dict()))["ok"] is True


times = st.sampled_from(
    [*pd.date_range("2024-01-01", periods=6, freq="h", unit="us"), pd.Timestamp("2024-01-01 00:07"), pd.NaT]
)
rows = st.tuples(st.sampled_from(["a", "b", None]), times, st.sampled_from([0.0, 1.0, -3.5, np.nan, np.inf]))


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=12), st.sampled_from([None, "h", "D", "MS", 1]))
def test_a_frame_is_a_panel_exactly_when_the_audit_finds_no_error(content, freq):
    frame = pd.DataFrame(content, columns=["unique_id", "ds", "y"]).astype({"ds": "M8[us]", "y": float})
    errors = audit(frame, freq).errors
    if errors:
        with pytest.raises(PanelError) as caught:
            Panel.from_frame(frame, freq)
        assert caught.value.code == errors[0].code
    else:
        assert len(Panel.from_frame(frame, freq).y) == len(frame)
