"""The border from frames to panels: what is read, what is refused, and what never matters."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.data.checks.checks import check_frame
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.errors import PanelError

pytestmark = pytest.mark.fast

HOURLY = Frequency.parse("h")


def long_frame(freq="h", lengths=(5, 3), start="2024-01-01", tz=None, ids="ab") -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range(start, periods=length, freq=freq, tz=tz, unit="us"),
                "y": 10.0 * index + np.arange(length),
            }
        )
        for index, (name, length) in enumerate(zip(ids, lengths, strict=False))
    ]
    return pd.concat(parts, ignore_index=True)


def refused(frame, freq=None) -> PanelError:
    with pytest.raises(PanelError, match=r"Fix: ") as caught:
        Panel.from_frame(frame, freq)
    return caught.value


# --- what is read


def test_a_long_frame_becomes_contiguous_arrays():
    panel = Panel.from_frame(long_frame())
    assert panel.ids.tolist() == ["a", "b"]
    assert panel.offsets.tolist() == [0, 5, 8]
    assert panel.lengths.tolist() == [5, 3]
    assert panel.n_series == 2
    assert panel.y.tolist() == [0, 1, 2, 3, 4, 10, 11, 12]
    assert panel.starts.dtype == np.dtype("M8[us]")
    assert panel.frequency == HOURLY
    assert panel.timezone is None


def test_other_spellings_of_the_columns_are_read():
    frame = long_frame().rename(columns={"unique_id": "item_id", "ds": "timestamp", "y": "target"})
    assert Panel.from_frame(frame).fingerprint() == Panel.from_frame(long_frame()).fingerprint()


def test_a_frame_without_ids_is_one_series():
    frame = long_frame(lengths=(5,)).drop(columns="unique_id")
    assert Panel.from_frame(frame).ids.tolist() == ["series"]


def test_other_columns_are_ignored_with_one_line_in_the_log(caplog):
    with caplog.at_level(logging.INFO, "forecasting"):
        Panel.from_frame(long_frame().assign(temp=1.0, holiday="no"))
    assert [record.getMessage() for record in caplog.records] == [
        "Columns that were not asked for are ignored: temp, holiday."
    ]


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series([2, 2, 1]),
        pd.Series(["2", "2", "1"]),
        pd.Series(["2", "2", "1"], dtype="category"),
        pd.Series(["2", "2", "1"], dtype=object),
        pd.Series([2, 2, 1], dtype="Int64"),
    ],
)
def test_ids_of_any_type_are_kept_as_strings_and_sorted(ids):
    frame = pd.DataFrame({"unique_id": ids, "ds": [0, 1, 7], "y": [1.0, 2.0, 3.0]})
    panel = Panel.from_frame(frame)
    assert panel.ids.tolist() == ["1", "2"]
    assert panel.y.tolist() == [3.0, 1.0, 2.0]
    assert panel.starts.tolist() == [7, 0]


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "int64", "int8", "uint16", "bool", "Int64", "Float64", "boolean", "object"]
)
def test_numbers_of_any_type_are_read(dtype):
    frame = long_frame(lengths=(4,)).assign(y=pd.Series([0, 1, 1, 0]).astype(dtype))
    panel = Panel.from_frame(frame)
    assert panel.y.dtype == np.float64
    assert panel.y.tolist() == [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1.0, np.nan, 2.0, np.nan]),
        pd.Series([1, None, 2, None], dtype="Int64"),
        pd.Series([1.0, None, 2, np.nan], dtype=object),
    ],
)
def test_missing_values_are_kept_at_the_end_too(y):
    panel = Panel.from_frame(long_frame(lengths=(4,)).assign(y=y))
    np.testing.assert_array_equal(panel.y, [1.0, np.nan, 2.0, np.nan])


def test_a_series_without_any_value_is_a_series():
    assert np.isnan(Panel.from_frame(long_frame(lengths=(4,)).assign(y=np.nan)).y).all()


@pytest.mark.parametrize(
    "convert",
    [
        lambda ds: ds.astype("M8[ns]"),
        lambda ds: ds.astype("M8[s]"),
        lambda ds: ds.astype(object),
        lambda ds: ds.astype(str),
        lambda ds: ds.dt.strftime("%Y-%m-%dT%H:%M"),
        lambda ds: ds.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("category"),
        lambda ds: ds.astype("timestamp[us][pyarrow]"),
    ],
    ids=["ns", "s", "datetime", "text", "minutes", "category", "arrow"],
)
def test_times_of_any_type_are_read(convert):
    frame = long_frame(start="2024-01-31 22:00")
    changed = frame.assign(ds=convert(frame["ds"]))
    assert Panel.from_frame(changed).fingerprint() == Panel.from_frame(frame).fingerprint()


def test_dates_are_read():
    frame = long_frame("D")
    for ds in (frame["ds"].dt.date, frame["ds"].dt.strftime("%Y-%m-%d")):
        assert Panel.from_frame(frame.assign(ds=ds)).fingerprint() == Panel.from_frame(frame).fingerprint()


def test_months_as_text_are_read():
    frame = long_frame("MS")
    changed = frame.assign(ds=frame["ds"].dt.strftime("%Y-%m"))
    assert Panel.from_frame(changed).fingerprint() == Panel.from_frame(frame).fingerprint()


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "Int64", "object"])
def test_integer_steps_are_read(dtype):
    frame = pd.DataFrame({"ds": pd.Series([3, 5, 7]).astype(dtype), "y": [1.0, 2.0, 3.0]})
    panel = Panel.from_frame(frame)
    assert panel.frequency.alias == 2
    assert panel.starts.dtype == np.int64
    assert panel.to_output(panel.grid(2)).tolist() == [3, 5, 7, 9, 11]


# --- time zones


def test_hours_of_a_zone_run_in_utc_and_come_back_in_the_zone():
    frame = long_frame("h", (60, 60), "2024-03-30 12:00", "Europe/Berlin")
    panel = Panel.from_frame(frame)
    assert panel.timezone == "Europe/Berlin"
    assert panel.starts[0] == np.datetime64("2024-03-30T11:00")
    assert panel.to_output(panel.grid()).equals(pd.DatetimeIndex(frame["ds"]))
    np.testing.assert_array_equal(panel.wall_clock(panel.grid()), frame["ds"].dt.tz_localize(None).to_numpy())


@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)])
def test_a_day_of_a_zone_may_have_23_or_25_hours(day, hours):
    ds = pd.date_range(day, pd.Timestamp(day) + pd.Timedelta(days=1), freq="h", tz="Europe/Berlin", inclusive="left")
    panel = Panel.from_frame(pd.DataFrame({"ds": ds, "y": 1.0}))
    assert panel.lengths.tolist() == [hours]
    after = panel.to_output(panel.times_after(panel.origins, 1))
    assert after[0] == pd.Timestamp(day, tz="Europe/Berlin") + pd.DateOffset(days=1)


@pytest.mark.parametrize("freq", ["D", "B", "W-SUN", "MS", "ME", "QE", "YS"])
def test_days_of_a_zone_run_on_its_wall_clock(freq):
    frame = long_frame(freq, (400, 20), "2023-01-01", "Europe/Berlin")
    panel = Panel.from_frame(frame)
    assert panel.frequency.agrees(Frequency.parse(freq), panel.starts[0])
    assert panel.to_output(panel.grid()).equals(pd.DatetimeIndex(frame["ds"]))


def test_days_at_midnight_are_regular_in_a_zone_that_skips_midnights():
    naive = pd.date_range("2016-01-01", periods=1000, freq="D", unit="us")
    aware = naive.tz_localize("America/Sao_Paulo", nonexistent="shift_forward", ambiguous=np.ones(1000, bool))
    panel = Panel.from_frame(pd.DataFrame({"ds": aware, "y": 1.0}))
    assert panel.frequency.alias == "D"
    assert panel.to_output(panel.grid()).equals(aware)


def test_24_hours_are_elapsed_time_and_a_day_is_not():
    ds = pd.date_range("2024-03-25", periods=10, freq="24h", tz="Europe/Berlin")
    frame = pd.DataFrame({"ds": ds, "y": 1.0})
    assert Panel.from_frame(frame, "24h").to_output(Panel.from_frame(frame, "24h").grid()).equals(ds)
    assert refused(frame, "D").code == "off_grid"


@pytest.mark.parametrize(
    ("suffix", "zone"),
    [("Z", "UTC"), ("+00:00", "UTC"), ("+01:00", "UTC+01:00"), ("-0330", "UTC-03:30"), ("+05", "UTC+05:00")],
)
def test_text_with_an_offset_comes_back_in_it(suffix, zone):
    texts = [f"2024-01-01T{hour:02d}:00{suffix}" for hour in range(4)]
    panel = Panel.from_frame(pd.DataFrame({"ds": texts, "y": 1.0}))
    assert panel.timezone == zone
    assert panel.to_output(panel.grid()).tolist() == [pd.Timestamp(text) for text in texts]


def test_text_with_the_offsets_of_summer_and_winter_is_read_as_utc():
    texts = ["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"]
    panel = Panel.from_frame(pd.DataFrame({"ds": texts, "y": 1.0}))
    assert panel.timezone == "UTC"
    assert panel.frequency == HOURLY


def test_python_datetimes_with_a_zone_are_read():
    frame = long_frame("h", (60,), "2024-03-30 12:00", "Europe/Berlin")
    changed = frame.assign(ds=[stamp.to_pydatetime() for stamp in frame["ds"]]).astype({"ds": object})
    assert Panel.from_frame(changed).fingerprint() == Panel.from_frame(frame).fingerprint()


def test_naive_times_stay_as_they_are():
    panel = Panel.from_frame(long_frame())
    assert panel.wall_clock(panel.grid()) is not None
    assert panel.to_output(panel.grid()).tz is None


# --- what is refused, with what, where, got and fix


def test_what_is_no_frame_is_refused():
    error = refused([1, 2, 3])
    assert error.code == "not_a_frame"
    assert "Got list" in str(error)


@pytest.mark.parametrize("column", ["ds", "y"])
def test_a_missing_column_is_refused(column):
    error = refused(long_frame().drop(columns=column))
    assert (error.code, error.field) == ("missing_column", column)
    assert "Got: unique_id" in str(error)


def test_times_in_the_index_are_refused_with_the_way_out():
    error = refused(long_frame().set_index("ds"))
    assert error.code == "missing_column"
    assert "reset_index()" in str(error)


def test_two_columns_of_one_name_are_refused():
    frame = long_frame()
    frame.columns = ["unique_id", "ds", "y"]
    assert refused(pd.concat([frame, frame[["y"]]], axis=1)).code == "duplicate_column"


def test_levels_of_column_names_are_refused():
    frame = long_frame()
    frame.columns = pd.MultiIndex.from_product([["x"], frame.columns])
    assert refused(frame).code == "missing_column"


def test_an_empty_frame_is_refused():
    assert refused(long_frame().head(0)).code == "empty"


@pytest.mark.parametrize(
    ("y", "got"),
    [
        (["1", "2"], "'1' in row 0"),
        ([None, "x"], "'x' in row 1"),
        ([1j, 2j], "complex"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "datetime64"),
        (pd.Series(["1", "2"], dtype="category"), "category"),
        (pd.Series([1, "2"], dtype=object), "mixed"),
    ],
)
def test_values_that_are_no_numbers_are_refused(y, got):
    error = refused(pd.DataFrame({"ds": [0, 1], "y": y}))
    assert (error.code, error.field) == ("y_dtype", "y")
    assert got in str(error)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values_are_refused_where_they_are(value):
    frame = long_frame().sort_values("y", ascending=False, ignore_index=True)
    frame.loc[1, "y"] = value
    error = refused(frame)
    assert (error.code, error.series, error.row) == ("y_infinite", "b", 1)


@pytest.mark.parametrize(
    "text",
    ["now", "today", "01/02/2026", "2026", "20260101", "tomorrow", "2026-02-30", "12:00", "2026-01-01T25:00", ""],
)
def test_text_that_is_no_iso_time_is_refused_where_it_is(text):
    frame = long_frame("D", (3,)).astype({"ds": str})
    frame.loc[2, "ds"] = text
    error = refused(frame)
    assert (error.code, error.series, error.row) == ("ds_dtype", "a", 2)


@pytest.mark.parametrize(
    ("ds", "got"),
    [
        ([1.0, 2.0], "float"),
        ([True, False], "bool"),
        (["2024-01-01T00:00Z", "2024-01-01T01:00"], "some without"),
        (pd.Series([pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-01")], dtype=object), "some without"),
        (pd.Series([1, "2"], dtype=object), "mixed"),
        (pd.period_range("2024-01", periods=2, freq="M"), "period"),
        (pd.Series([2**63, 2**63 + 1], dtype="uint64"), "integers beyond"),
        (pd.Series([-(2**62), 2**62]), "integers beyond"),
    ],
)
def test_columns_that_are_no_times_are_refused(ds, got):
    error = refused(pd.DataFrame({"ds": ds, "y": 1.0}))
    assert (error.code, error.field) == ("ds_dtype", "ds")
    assert got in str(error)


def test_parts_of_a_microsecond_are_refused():
    ds = np.array([0, 1_500], "M8[ns]")
    assert refused(pd.DataFrame({"ds": ds, "y": 1.0})).code == "ds_dtype"


def test_years_beyond_9999_are_refused():
    ds = np.array(["2024-01-01", "12024-01-01"], "M8[us]")
    assert refused(pd.DataFrame({"ds": ds, "y": 1.0})).code == "ds_dtype"


@pytest.mark.parametrize("ds", ["datetime", "text", "integer", "nothing"])
def test_missing_times_are_refused_where_they_are(ds):
    columns = {
        "datetime": pd.to_datetime(pd.Series(["2024-01-01", None])),
        "text": pd.Series(["2024-01-01", None]),
        "integer": pd.Series([1, None], dtype="Int64"),
        "nothing": pd.Series([None, None], dtype=object),
    }
    error = refused(pd.DataFrame({"ds": columns[ds], "y": 1.0}))
    assert (error.code, error.row) == ("ds_missing", 0 if ds == "nothing" else 1)


def test_missing_ids_are_refused_where_they_are():
    frame = long_frame()
    frame.loc[4, "unique_id"] = None
    error = refused(frame)
    assert (error.code, error.row, error.series) == ("id_missing", 4, None)


def test_a_repeated_time_is_refused_where_it_is():
    frame = long_frame()
    frame.loc[7, "ds"] = frame.loc[6, "ds"]
    error = refused(frame)
    assert (error.code, error.series, error.row) == ("duplicate_timestamp", "b", 7)
    assert "2024-01-01T01:00" in str(error)


def test_missing_timestamps_are_refused_with_the_first_gap_and_their_number():
    error = refused(long_frame(lengths=(40, 40)).drop([10, 11, 50]))
    assert (error.code, error.series, error.row) == ("missing_timestamps", "a", 9)
    assert "3 timestamps are missing in 2 of 2 series; the first gap is of 2 steps after 2024-01-01T09" in str(error)


def test_one_gap_and_one_duplicate_do_not_cancel_out():
    frame = long_frame(lengths=(40,))
    frame.loc[10, "ds"] = frame.loc[11, "ds"]
    assert refused(frame).code == "duplicate_timestamp"


@pytest.mark.parametrize("row", [0, 1, 20, 38, 39])
def test_a_time_between_the_points_is_refused_where_it_is(row):
    frame = long_frame(lengths=(40,))
    frame.loc[row, "ds"] += pd.Timedelta(minutes=7)
    error = refused(frame)
    assert (error.code, error.row) == ("off_grid", row)


def test_series_of_another_frequency_are_refused_by_name():
    frame = pd.concat([long_frame("h", (40, 40)), long_frame("D", (40,), ids="c")], ignore_index=True)
    error = refused(frame)
    assert (error.code, error.series, error.row) == ("freq_mismatch", "c", 80)
    assert "1 of 3 series do not have the frequency 'h': series 'c' has a commonest step of D" in str(error)


def test_a_frequency_that_is_not_that_of_the_data_is_refused():
    assert refused(long_frame("h"), "15min").code == "freq_mismatch"
    assert refused(long_frame("h"), "D").code == "freq_mismatch"
    assert refused(long_frame("MS"), "ME").code == "freq_mismatch"
    assert refused(long_frame("W-SUN"), "W-TUE").code == "freq_mismatch"


def test_integers_and_times_are_not_mixed_up():
    error = refused(long_frame("h"), 1)
    assert error.code == "freq_mismatch"
    assert "freq='h'" in str(error)
    error = refused(pd.DataFrame({"ds": [0, 1], "y": 1.0}), "h")
    assert error.code == "freq_mismatch"
    assert "freq=1" in str(error)


def test_an_invalid_frequency_is_refused():
    assert refused(long_frame("h"), "junk").code == "freq_invalid"


def test_an_unknown_frequency_is_refused_and_a_given_one_is_enough():
    frame = long_frame("h", (1, 1))
    assert refused(frame).code == "freq_unknown"
    assert Panel.from_frame(frame, "h").lengths.tolist() == [1, 1]


def test_an_ambiguous_frequency_is_refused():
    frame = pd.concat([long_frame("h", (9,)), long_frame("D", (9,), ids="c")], ignore_index=True)
    assert refused(frame).code == "freq_ambiguous"


# --- what never matters


ragged = st.lists(st.integers(1, 12), min_size=1, max_size=5).filter(lambda lengths: max(lengths) > 1)


@settings(max_examples=40, deadline=None)
@given(ragged, st.sampled_from(["h", "D", "B", "MS", "W-TUE"]), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(lengths, freq, random):
    frame = long_frame(freq, lengths, ids="edcba")
    rows = list(range(len(frame)))
    random.shuffle(rows)
    panel, shuffled = Panel.from_frame(frame, freq), Panel.from_frame(frame.iloc[rows], freq)
    assert shuffled.fingerprint() == panel.fingerprint()
    np.testing.assert_array_equal(shuffled.y, panel.y)


@settings(max_examples=40, deadline=None)
@given(ragged, st.lists(st.text(max_size=5), min_size=5, max_size=5, unique=True))
def test_renamed_series_keep_their_values(lengths, names):
    frame = long_frame("h", lengths, ids="abcde")
    renamed = frame.assign(unique_id=frame["unique_id"].map(dict(zip("abcde", names, strict=True))).astype(object))
    panel, other = Panel.from_frame(frame), Panel.from_frame(renamed)
    assert other.ids.tolist() == sorted(names[: len(lengths)])
    for old, new in zip("abcde"[: len(lengths)], names, strict=False):
        one, two = (whole.select([whole.ids.tolist().index(name)]) for whole, name in ((panel, old), (other, new)))
        np.testing.assert_array_equal(one.y, two.y)


@pytest.mark.parametrize("index", [[3, 1, 4, 1, 5, 9, 2, 6], list("abcdefgh"), [0] * 8])
def test_the_index_of_the_frame_never_matters(index):
    frame = long_frame()
    changed = frame.set_axis(pd.Index(index), axis=0)
    assert Panel.from_frame(changed).fingerprint() == Panel.from_frame(frame).fingerprint()


def test_the_frame_is_not_changed():
    frame = long_frame().sample(frac=1, random_state=1)
    before = frame.copy()
    Panel.from_frame(frame)
    pd.testing.assert_frame_equal(frame, before)


# --- the panel itself


def test_a_panel_cannot_be_changed():
    panel = Panel.from_frame(long_frame())
    with pytest.raises(ValueError, match="read-only"):
        panel.y[0] = 1.0


def test_arrays_make_the_same_panel_as_a_frame():
    frame = long_frame("h", (5, 3), tz="Europe/Berlin")
    panel = Panel.from_arrays(
        ["b", "a"], [np.datetime64("2023-12-31T23:00")] * 2, [[10.0, 11, 12], range(5)], HOURLY, "Europe/Berlin"
    )
    assert panel.ids.tolist() == ["b", "a"]
    assert panel.fingerprint() == Panel.from_frame(frame).fingerprint()


def test_checked_arrays_make_the_panel_that_the_checks_would_let_through():
    starts, ys = np.array(["2024-01-01", "2024-01-02"], "M8[us]"), [np.array([1.0, np.nan]), np.array([3.0])]
    panel = Panel.from_checked(["b", "a"], starts, ys, HOURLY, "Europe/Berlin")
    wanted = Panel.from_arrays(["b", "a"], starts, ys, HOURLY, "Europe/Berlin")
    assert panel.fingerprint() == wanted.fingerprint()
    assert panel.ids.tolist() == ["b", "a"]
    assert panel.offsets.tolist() == [0, 2, 3]
    assert panel.timezone == "Europe/Berlin"


def test_arrays_of_the_caller_stay_writeable():
    starts, y = np.array(["2024-01-01"], "M8[us]"), np.arange(3.0)
    Panel.from_arrays(["a"], starts, [y], HOURLY)
    starts[0], y[0] = np.datetime64("2025-01-01"), 5.0


@pytest.mark.parametrize(
    ("ids", "starts", "ys", "zone", "code"),
    [
        ([], [], [], None, "empty"),
        (["a"], ["2024-01-01"], [[]], None, "empty"),
        (["a", "a"], ["2024-01-01"] * 2, [[1.0], [2.0]], None, "duplicate_id"),
        (["\0", "\0"], ["2024-01-01"] * 2, [[1.0], [2.0]], None, "duplicate_id"),
        (["a"], ["2024-01-01"], [["1"]], None, "y_dtype"),
        (["a"], ["2024-01-01"], [[[1.0]]], None, "y_dtype"),
        (["a"], ["2024-01-01"], [[1.0, np.inf]], None, "y_infinite"),
        (["a"], ["NaT"], [[1.0]], None, "ds_dtype"),
        (["a"], [], [[1.0]], None, "ds_dtype"),
        (["a"], ["2024-01-01"], [[1.0]], "Mars/Olympus", "timezone_unknown"),
    ],
)
def test_arrays_that_make_no_panel_are_refused(ids, starts, ys, zone, code):
    with pytest.raises(PanelError) as caught:
        Panel.from_arrays(ids, starts, ys, HOURLY, zone)
    assert caught.value.code == code


def test_arrays_that_start_off_the_grid_are_refused():
    with pytest.raises(
        PanelError, match=r"Series 'a' starts at 2024-01-02, which is no point of the grid 'MS'"
    ) as caught:
        Panel.from_arrays(["a"], ["2024-01-02"], [[1.0]], Frequency.parse("MS"))
    assert caught.value.code == "off_grid"


@pytest.mark.parametrize("freq", ["h", "D", "B", "W-TUE", "MS", "ME", "QS-FEB", "YE-DEC"])
def test_future_times_go_on_where_each_series_ends(freq):
    panel = Panel.from_frame(long_frame(freq, (5, 3)), freq)
    expected = pd.date_range(panel.starts[0], periods=20, freq=freq, unit="us").to_numpy()
    np.testing.assert_array_equal(panel.grid(2), np.concatenate([expected[:7], expected[:5]]))
    after = panel.times_after(Origins(np.array([0, 1, 0]), np.array([4, 2, 0])), 3)
    np.testing.assert_array_equal(after, [expected[5:8], expected[3:6], expected[1:4]])


def test_the_tail_of_a_panel_is_that_of_its_series():
    panel = Panel.from_frame(long_frame("MS", (5, 3))).tail(4)
    assert panel.y.tolist() == [1, 2, 3, 4, 10, 11, 12]
    assert panel.starts.tolist() == np.array(["2024-02-01", "2024-01-01"], "M8[us]").tolist()
    assert panel.tail(0).lengths.tolist() == [1, 1]


def test_a_truncated_panel_drops_series_left_empty():
    panel = Panel.from_frame(long_frame("h", (5, 3, 4), ids="abc")).truncate(np.array([2, 0, 99]))
    assert panel.ids.tolist() == ["a", "c"]
    assert panel.y.tolist() == [0, 1, 20, 21, 22, 23]


def test_series_are_selected_by_mask_or_index():
    panel = Panel.from_frame(long_frame())
    assert panel.select(np.array([False, True])).ids.tolist() == ["b"]
    swapped = panel.select(np.array([1, 0]))
    assert swapped.ids.tolist() == ["b", "a"]
    assert swapped.y.tolist() == [10, 11, 12, 0, 1, 2, 3, 4]
    assert swapped.fingerprint() == panel.fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(y=frame["y"] + 1e-9),
        lambda frame: frame.assign(ds=frame["ds"] + pd.Timedelta(hours=1)),
        lambda frame: frame.assign(ds=frame["ds"].dt.tz_localize("UTC")),
        lambda frame: frame.assign(unique_id=frame["unique_id"] + "x"),
        lambda frame: frame.head(7),
        lambda frame: frame.assign(y=frame["y"].where(frame.index > 0)),
    ],
)
def test_the_fingerprint_changes_with_the_content(change):
    assert Panel.from_frame(change(long_frame())).fingerprint() != Panel.from_frame(long_frame()).fingerprint()


@pytest.mark.parametrize(
    ("freq", "other", "agree"),
    [("W-MON", "7D", True), ("W-MON", "W-TUE", False), ("D", "24h", True), ("MS", "30D", False), ("h", 1, False)],
)
def test_a_panel_has_the_frequency_of_every_grid_like_its_own(freq, other, agree):
    panel = Panel.from_frame(long_frame(freq, (40, 30)))
    if agree:
        panel.require_frequency(other)
        return
    with pytest.raises(PanelError, match=r"Series 'a' has steps of .* Fix: ") as caught:
        panel.require_frequency(other)
    assert caught.value.code == "freq_mismatch"


def test_the_last_time_is_written_and_read_back():
    panel = Panel.from_frame(long_frame("h", (5, 3)))
    assert panel.parse_label(panel.end_label) == np.datetime64("2024-01-01T04:00")
    steps = Panel.from_frame(pd.DataFrame({"ds": [3, 5, 7], "y": 1.0}))
    assert steps.parse_label(steps.end_label) == 7


def test_other_values_on_the_same_grid_are_a_panel():
    panel = Panel.from_frame(long_frame())
    other = panel.with_values(panel.y + 1)
    assert (other.y - panel.y == 1).all()
    assert (other.grid() == panel.grid()).all()


def test_the_fingerprint_knows_one_zero():
    frame = long_frame(lengths=(4,))
    assert Panel.from_frame(frame.assign(y=0.0)).fingerprint() == Panel.from_frame(frame.assign(y=-0.0)).fingerprint()


@pytest.mark.parametrize("hours", [[0, 2], [0, 2, 5, 9, 14, 20, 27], [0, 1, 2, 3, 5, 7]])
def test_gaps_of_no_common_size_are_gaps_and_no_other_frequency(hours):
    sparse = pd.DataFrame(
        {"unique_id": "c", "ds": pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h"), "y": 1.0}
    )
    assert refused(pd.concat([long_frame(), sparse], ignore_index=True)).code == "missing_timestamps"


@pytest.mark.parametrize("ds", [pd.date_range("2024-01-01", periods=4, freq="h"), np.arange(4)])
def test_a_panel_does_not_follow_what_the_caller_does_to_the_frame(ds):
    # rows that are in order already are not gathered, and must be copied all the same
    y = np.arange(4.0)
    frame = pd.DataFrame({"unique_id": "a", "ds": ds, "y": y}, copy=False)
    panel = Panel.from_frame(frame)
    y[:] = -1.0
    frame.loc[1, "y"] = 9.0
    assert panel.y.tolist() == [0.0, 1.0, 2.0, 3.0]
    y[0] = 5.0  # and the caller's array is still the caller's


def test_an_id_without_a_usable_row_is_no_series():
    ds = pd.to_datetime(["2024-01-01", None, "2024-01-01"])
    frame = pd.DataFrame({"unique_id": ["c", "a", "b"], "ds": ds, "y": [1.0, 2.0, 3.0]})
    checked = check_frame(frame)
    assert [finding.code for finding in checked.findings][:1] == ["ds_missing"]
    assert checked.rows.ids.tolist() == ["b", "c"]
    assert checked.rows.codes.tolist() == [0, 1]
    assert checked.rows.y.tolist() == [3.0, 1.0]
