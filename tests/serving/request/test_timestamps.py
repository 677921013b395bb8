"""The times of a request: what is no time is named with its place, and counted."""

import pytest

from serving.http.refusals import Refusal
from serving.request.timestamps import TimesField, parse_times

pytestmark = pytest.mark.fast

DS = TimesField(("ds",), is_start=False)


def test_two_lines_are_not_two_times():
    with pytest.raises(Refusal):
        parse_times(["2026-01-01\n2026-01-02", "2026-01-03"], DS, None)


def test_every_wrong_text_is_counted():
    with pytest.raises(Refusal) as caught:
        parse_times(["2026-01-01", *["x"] * 50], DS, None)
    assert caught.value.total == 50
    assert len(caught.value.errors) == 20
    assert caught.value.errors[0].pointer == ("ds", 1)
