"""Texts are read as times as the standard library reads them, and nothing else is a time."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.data.grammar import iso
from forecasting.data.grammar.iso import LARGEST_INTEGER, integers_in, offset_of, offset_zone, read_iso, why_no_time

zones = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))
moments = st.datetimes(datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29))


def in_utc(moment):
    """Return the instant of a moment without its zone."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def minutes_of(zone):
    return None if zone is None else int(zone.utcoffset(None).total_seconds()) // 60


@given(st.lists(moments, min_size=1), zones, st.sampled_from(["T", " "]))
def test_texts_mean_what_they_say(many, zone, between):
    many = [moment.replace(tzinfo=zone) for moment in many]
    found = read_iso([moment.isoformat(between) for moment in many])
    assert found.values.tolist() == [in_utc(moment) for moment in many]
    assert found.offsets == {minutes_of(zone)}


@given(st.lists(moments.map(lambda moment: moment.replace(microsecond=0)), min_size=1), zones)
def test_the_fast_way_reads_what_the_slow_way_reads(many, zone):
    texts = [moment.replace(tzinfo=zone).isoformat() for moment in many]
    fast, slow = iso._read_alike(texts), iso._read_each(texts)
    assert fast is not None
    assert fast.values.tolist() == slow.values.tolist()
    assert fast.offsets == slow.offsets


@given(
    st.lists(
        st.text(max_size=30)
        | st.sampled_from(["2026-01-01", "2026-02-30", "2026-01-01T00:00:00Z", "2026-01-01T00:00-01", "0000-01-01"]),
        min_size=1,
    )
)
def test_the_fast_way_reads_nothing_that_the_slow_way_refuses(texts):
    fast = iso._read_alike(texts)
    if fast is not None:
        assert fast.values.tolist() == iso._read_each(texts).values.tolist()


@given(st.lists(st.text(max_size=12) | st.sampled_from(["2026-01", "2026-01-31T13:00Z", "NaT", "now"])))
def test_every_text_is_read_by_itself(texts):
    together = read_iso(texts)
    alone = [read_iso([text]) for text in texts]
    assert together.values.tolist() == [one.values[0].item() for one in alone]
    assert together.offsets == frozenset().union(*(one.offsets for one in alone))


def test_times_with_and_without_an_offset_are_mixed():
    assert read_iso(["2026-01-01", "2026-01-01T00:00Z"]).is_mixed
    assert not read_iso(["2026-01-01T00:00+01", "2026-01-01T00:00Z"]).is_mixed
    assert not read_iso(["2026-01-01", "no time"]).is_mixed


def test_an_offset_is_read_in_every_spelling():
    texts = [f"2026-01-01T00:00{offset}" for offset in ("+05:30", "+0530", " +05:30", "-00:00", "Z", "", "+24:00")]
    assert [offset_of(text) for text in texts] == [330, 330, 330, 0, 0, None, None]
    assert [offset_zone(minutes) for minutes in (330, -60, 0)] == ["UTC+05:30", "UTC-01:00", "UTC"]


def test_what_is_no_time_is_told_from_what_is_too_fine():
    assert "microsecond" in why_no_time("2026-01-31T13:00:00.0000001Z")
    for text in ("now", "2026-02-30", "", "2026-01-31T13:00:00.0000001 o'clock"):
        assert "ISO 8601" in why_no_time(text)


@pytest.mark.parametrize(
    ("texts", "meaning"),
    [
        (["7", "-3", " 12 "], [7, -3, 12]),
        ([str(LARGEST_INTEGER)], [LARGEST_INTEGER]),
        (["7", ""], None),
        (["+7"], None),
        (["7.0"], None),
        (["1" * 38], [int("1" * 38)]),
        (["1" * 39], None),
        (["１"], None),
        (["2026-01-01"], None),
    ],
)
def test_texts_are_integers_where_all_of_them_are(texts, meaning):
    assert integers_in(texts) == meaning


def test_no_texts_are_no_times():
    assert read_iso([]).values.dtype == np.dtype("M8[us]")
    assert len(read_iso([]).values) == 0
