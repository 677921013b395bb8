"""Good series go from step to step; a bad one stays behind with its reason, or fails the request."""

import pytest

from serving.http.refusals import MAX_ERRORS, ErrorItem, Refusal
from serving.request.outcomes import Outcomes


def refuse(position, count=1):
    raise Refusal.listing(ErrorItem(("series", position, row), "bad", "It is bad.") for row in range(count))


def halved(position, number):
    return number / 2 if number % 2 == 0 else refuse(position)


def test_each_good_series_takes_the_step_and_keeps_its_position():
    first = Outcomes({0: 4, 1: 3, 2: 6, 5: 8}, is_partial=True)
    second = first.then(halved)
    third = second.then(halved)
    assert second.good == {0: 2, 2: 3, 5: 4}
    assert third.good == {0: 1, 5: 2}
    assert list(third.refused) == [1, 2]
    assert third.refused[1].errors[0].pointer == ("series", 1, 0)
    assert first.refused == {}
    third.require_complete()


def test_bad_series_fail_a_request_that_is_not_partial_with_all_their_errors():
    outcomes = Outcomes({0: 1, 1: 2, 2: 3}, is_partial=False).then(halved)
    with pytest.raises(Refusal) as caught:
        outcomes.require_complete()
    assert [error.pointer[1] for error in caught.value.errors] == [0, 2]
    assert caught.value.total == 2


def test_no_more_series_are_looked_at_than_an_answer_has_errors():
    seen = []

    def step(position, _):
        seen.append(position)
        refuse(position, 7)

    with pytest.raises(Refusal) as caught:
        Outcomes(dict.fromkeys(range(100)), is_partial=False).then(step)
    assert seen == [0, 1, 2]
    assert (len(caught.value.errors), caught.value.total) == (MAX_ERRORS, 21)
    assert len(Outcomes(dict.fromkeys(range(100)), is_partial=True).then(step).refused) == 100
