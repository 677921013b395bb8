"""The times of a request: what is no time is named with its place, and counted."""

import pytest

from serving.timestamps import read_times
from serving.validation import Refusal


def at(index):
    return f"/{index}"


def test_two_lines_are_not_two_times():
    with pytest.raises(Refusal):
        read_times(["2026-01-01\n2026-01-02", "2026-01-03"], at, None)


def test_every_wrong_text_is_counted():
    with pytest.raises(Refusal) as caught:
        read_times(["2026-01-01", *["x"] * 50], at, None)
    assert caught.value.total == 50
    assert len(caught.value.errors) == 20
    assert caught.value.errors[0].pointer == "/1"
