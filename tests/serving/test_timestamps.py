"""Timestamps are read as the standard library reads them, and nothing else is a timestamp."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.timestamps import read_alike, read_any, read_times
from serving.validation import Refusal

pytestmark = pytest.mark.fast

quick = settings(max_examples=60, deadline=None, derandomize=True)
zones = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))
moments = st.datetimes(datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29))


def at(index):
    return f"/{index}"


def expected(moment):
    if moment.tzinfo:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(moment, "us")


@quick
@given(st.lists(moments, min_size=1), zones, st.sampled_from(["T", " "]))
def test_texts_mean_what_they_say(many, zone, between):
    many = [moment.replace(tzinfo=zone) for moment in many]
    found = read_times([moment.isoformat(between) for moment in many], at, None)
    assert found.values.tolist() == [expected(moment).item() for moment in many]
    assert (found.offsets is None) == (zone is None)


@quick
@given(st.lists(moments.map(lambda moment: moment.replace(microsecond=0)), min_size=1), st.booleans())
def test_the_fast_way_reads_what_the_slow_way_reads(many, zulu):
    texts = [moment.isoformat() + ("Z" if zulu else "") for moment in many]
    fast, slow = read_alike(texts), read_any(texts, at)
    assert fast is not None
    assert fast.values.tolist() == slow.values.tolist()
    assert fast.offsets == slow.offsets


@quick
@given(
    st.lists(st.text(max_size=30) | st.sampled_from(["2026-01-01", "2026-02-30", "2026-01-01T00:00:00Z"]), min_size=1)
)
def test_the_fast_way_reads_nothing_that_the_slow_way_refuses(texts):
    fast = read_alike(texts)
    if fast is not None:
        assert fast.values.tolist() == read_any(texts, at).values.tolist()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2026-01", "2026-01-01T00:00"),
        ("2024-02-29", "2024-02-29T00:00"),
        ("2026-01-31 13:05", "2026-01-31T13:05"),
        ("2026-01-31T13:05:06.5Z", "2026-01-31T13:05:06.5"),
        ("2026-01-31T13:05:06.123456+0530", "2026-01-31T07:35:06.123456"),
        ("2026-01-31T13:05-08", "2026-01-31T21:05"),
        ("0001-01-01", "0001-01-01T00:00"),
        ("9999-12-31T23:59:59", "9999-12-31T23:59:59"),
    ],
)
def test_shorter_forms(text, meaning):
    assert read_times([text], at, None).values[0] == np.datetime64(meaning, "us")


def test_two_lines_are_not_two_times():
    with pytest.raises(Refusal):
        read_times(["2026-01-01\n2026-01-02", "2026-01-03"], at, None)


def test_every_wrong_text_is_counted():
    with pytest.raises(Refusal) as caught:
        read_times(["2026-01-01", *["x"] * 50], at, None)
    assert caught.value.total == 50
    assert len(caught.value.errors) == 20
    assert caught.value.errors[0].pointer == "/1"
